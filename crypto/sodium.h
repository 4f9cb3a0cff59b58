// libsodium, made ready for use by PID 1. sodium_init() as it comes waits for the kernel's pool of randomness, and
// aborts the program without one; what is set up here never asks for randomness at all: keys are made from what
// random.h gives, which says no instead of waiting.
#pragma once

namespace crypto {

// Picks the implementations that are fastest on this processor. Any number of times; cheap after the first.
void prepare_sodium();

}  // namespace crypto
