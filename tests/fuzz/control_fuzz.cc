// The control socket with hostile commands: the whole nodemaster on a kernel in memory, and a good node in it.
//
// Input: deeds of commands, which hold several connections and come as several users, one after the other: a byte that
// chooses the deed (the table at the end), then what it takes. They ask invented (invent.h) and broken things, all verbs,
// do not read, and go; time passes. What has to hold (cluster.h): nodemaster answers a good command afterwards, the node
// stays up, what is kept is bounded, what is answered is well-formed, and no exception reaches the loop.
#include "tests/fuzz/cluster.h"
#include "transport/codec.h"

namespace {

using namespace transport;
using fuzz::Input;

class HostileCommands final : public fuzz::Hostile {
 public:
  explicit HostileCommands(Input& input) : Hostile(input, 4) {}

 private:
  // That is what these are for.
  static bool takes_nodes_down(std::uint16_t number) {
    return number == PowerRequest::number || number == AvailabilityRequest::number;
  }
  fuzz::Wire& connected() {
    fuzz::Wire& wire = any();
    if (!wire || wire.closed()) wire = cluster_.connect_command(1000u * (input_.byte() % 3));
    return wire;
  }
  void ask() {
    fuzz::Wire& wire = connected();
    const Message message = fuzz::invent(input_, fuzz::commands);
    if (!takes_nodes_down(number_of(message))) wire.put(fuzz::frame_of(message, input_.byte() % 4));
  }
  void ask_raw() {
    Bytes bytes = fuzz::raw_frame(input_);
    if (bytes.size() > 4 && takes_nodes_down(std::to_integer<std::uint16_t>(bytes[4]))) return;
    connected().put(bytes);
  }
  void read() {
    if (fuzz::Wire& wire = any()) static_cast<void>(wire.take(0));
  }

 public:
  static constexpr void (HostileCommands::*deeds[])() = {&HostileCommands::ask,     &HostileCommands::ask,
                                                         &HostileCommands::ask_raw, &HostileCommands::wait,
                                                         &HostileCommands::read,    &HostileCommands::leave};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::play<HostileCommands>(data, size);
}
