// What workers tell PID 1: text fields through a pipe. Each one ends in a NUL byte, a fixed number of them makes a
// record. What a worker sends is from outside all the same (it may have died half-way), so reading it is checked.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sys/worker.h"

namespace node {

// A NUL byte inside the field becomes a blank.
void append_field(std::string& out, std::string_view field);

// Views into `bytes`; nothing when the last record is not complete.
std::optional<std::vector<std::string_view>> split_fields(std::span<const std::byte> bytes, std::size_t per_record);

// How a worker that has told nothing of use has ended: "killed by signal 11 (Segmentation fault)", "killed at its
// deadline".
std::string describe_end(const sys::WorkerResult& result);

}  // namespace node
