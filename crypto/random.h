// Randomness that keys are made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "sys/result.h"

namespace crypto {

// Fills the whole of it with bytes that nobody can guess, or fails at once: EAGAIN while the kernel's pool is not ready.
using Random = std::function<sys::Status(std::span<std::uint8_t>)>;

}  // namespace crypto
