// What one end of a secure channel has sealed, changed on the way, and given to the other end.
#pragma once

#include <functional>
#include <vector>

#include "sys/result.h"
#include "tests/fuzz/fuzz.h"
#include "transport/messages.h"

namespace fuzz {

// What travels as a whole: a record, or a part of a handshake.
using Units = std::vector<transport::Bytes>;

// As the input says: bits flipped, units dropped, repeated, swapped, cut, with something in between, or in each other's
// place. At most `most` changes, which may cancel each other out.
void change(Units& units, Input& input, unsigned most = 8);
transport::Bytes join(const Units& units);
// Where two streams begin to differ; the length of the shorter one when it begins the longer one.
std::size_t first_difference(const transport::Bytes& a, const transport::Bytes& b);

class RecordStream {
 public:
  using Seal = std::function<void(std::span<const std::byte> clear, transport::Bytes& wire)>;
  using Open = std::function<sys::Status(std::span<const std::byte> wire, transport::Bytes& clear)>;

  // Has messages sealed, as many and as long as the input says.
  RecordStream(const Seal& seal, Input& input);
  // Changes the records, gives them to `open` in pieces, and requires that what comes out is the beginning that was not
  // changed, never anything else; that `incomplete` bytes of a record are known of; and that a change ends in an error.
  void check(const Open& open, const std::function<std::size_t()>& incomplete, Input& input);

 private:
  void add(const Seal& seal, std::size_t size);

  transport::Bytes clear_;
  Units records_;
};

}  // namespace fuzz
