// How much memory a piece of code asks for, in all and live: a bad claim in an input must not cost what it claims.
#pragma once

#include <cstddef>

namespace fuzz {

// Counts what is allocated while it lives; one at a time.
class Allocations {
 public:
  Allocations();
  ~Allocations();
  Allocations(const Allocations&) = delete;
  Allocations& operator=(const Allocations&) = delete;

  std::size_t total() const;  // bytes, whether they are free again or not
};

// Bytes that the program holds now.
std::size_t bytes_in_use();

}  // namespace fuzz
