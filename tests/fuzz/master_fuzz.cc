// nodemaster with hostile nodes: the whole Daemon on a kernel in memory, in the clear, where everybody may greet it.
//
// Input: deeds of hostile nodes, which hold several connections, one after the other: a byte that chooses the deed (the
// table at the end), then what it takes. They greet as any node but the good one, and with the good one's MAC and
// another life; they say invented (invent.h) and broken messages, do not read, and go; commands run programs on them;
// time passes. What has to hold (cluster.h): a good node stays up, commands are answered, the table of nodes makes sense,
// what is kept is bounded, and no exception reaches the loop.
#include "tests/fuzz/cluster.h"
#include "transport/preamble.h"

namespace {

using namespace transport;
using fuzz::Cluster;
using fuzz::GoodNode;
using fuzz::Input;

class HostileNodes final : public fuzz::Hostile {
 public:
  explicit HostileNodes(Input& input) : Hostile(input, 6) {}

 private:
  void put(fuzz::Wire& wire, const Bytes& bytes) {
    if (wire && !wire.closed()) wire.put(bytes);
  }
  fuzz::Wire& connected() {
    fuzz::Wire& wire = any();
    if (wire && !wire.closed()) return wire;
    const std::uint8_t place = input_.byte();
    wire = cluster_.connect_node(Cluster::first_address + place % 8);
    if (place < 0xf0) wire.put(preamble_);
    return wire;
  }
  void connect() { connected(); }
  // As a node that is not the good one, or as the good one in another life.
  void greet() {
    fuzz::Wire& wire = connected();
    const unsigned number = input_.byte() % Cluster::nodes;
    put(wire, fuzz::frame_of(fakes::hello_of(number, input_.byte())));
    cluster_.turn();
    listen(wire);
  }
  void greet_bulk() {
    const std::uint8_t how = input_.byte();
    const BulkHello hello{token_of_, how < 0xc0 ? token_ : how};
    if (hello.token == cluster_.good->token()) return;
    put(connected(), fuzz::frame_of(hello));
  }
  void say() {
    const std::uint8_t how = input_.byte();
    Message message = fuzz::invent(input_, how < 0xc0 ? fuzz::node_control : fuzz::node_bulk);
    if (how % 2 == 0) std::visit([this](auto& one) { say_real_job(one); }, message);
    if (const auto* hello = std::get_if<Hello>(&message); hello && hello->boot_id == GoodNode::boot_id) return;
    if (const auto* hello = std::get_if<BulkHello>(&message); hello && hello->token == cluster_.good->token()) return;
    put(any(), fuzz::frame_of(message, input_.byte() % 4));
  }
  // What they have been told to run is not a number that an invented message has by chance.
  template <class T> void say_real_job(T& message) {
    if constexpr (requires { message.job = job_; }) message.job = job_;
  }
  void say_real_job(HeldProcesses& message) {
    for (HeldProcess& held : message.processes)
      held.job = job_;
  }
  void say_raw() { put(any(), fuzz::raw_frame(input_)); }
  void break_off() {
    Bytes half = fuzz::raw_frame(input_);
    half.resize(half.size() - std::min<std::size_t>(half.size(), input_.byte()));
    put(any(), half);
  }
  void listen(fuzz::Wire& wire) {
    if (!wire) return;
    for (const Message& message : wire.take(PreambleAnswer::size)) {
      if (const auto* welcome = std::get_if<Welcome>(&message)) {
        token_ = welcome->bulk_token;
        token_of_ = welcome->node;
      }
      if (const auto* launch = std::get_if<Launch>(&message)) {
        job_ = launch->job;
        put(wire,
            fuzz::frame_of(Launched{.job = launch->job, .rank = launch->rank, .pid = 7, .code = 0, .reason = {}}));
      }
      if (const auto* setup = std::get_if<Setup>(&message); setup && input_.flag()) {
        put(wire, fuzz::frame_of(SetupDone{setup->plan, input_.flag(), {}}));
      }
    }
  }
  void read() { listen(any()); }
  std::uint64_t a_job() { return input_.flag() ? job_ : input_.byte(); }
  void command() {
    command_ = cluster_.connect_command(0);
    const Message requests[] = {UpRequest{"1-3"},
                                RunRequest{.nodes = "1-3", .program = "/bin/true", .arguments = {"true"}},
                                RunRequest{.nodes = "up", .program = "/bin/true", .arguments = {"true"}},
                                RunRequest{.nodes = "1", .program = "/bin/true", .arguments = {"true"}, .input = 0},
                                RunAttach{.job = a_job(), .nodes = {1, 2}, .taken = {0, 0, 0, 0}},
                                PsRequest{"all"},
                                KillRequest{.job = a_job(), .signal = 15},
                                KillRequest{.pid = 7, .nodes = "1-3", .signal = 15},
                                LogRequest{"all", true},
                                BootLogRequest{"all"},
                                WaitRequest{"1", "up", 1000}};
    command_.put(fuzz::frame_of(requests[input_.byte() % std::size(requests)], 1));
  }

  fuzz::Wire command_;
  NodeNumber token_of_ = 1;
  std::uint64_t job_ = 0;    // the newest that they have been told to run
  std::uint64_t token_ = 0;  // of the newest Welcome that a hostile node has read
  const Bytes preamble_ = [] {
    const auto bytes = encode(Preamble{});
    const auto view = std::as_bytes(std::span(bytes));
    return Bytes(view.begin(), view.end());
  }();

 public:
  static constexpr void (HostileNodes::*deeds[])() = {
      &HostileNodes::greet,   &HostileNodes::say,  &HostileNodes::greet_bulk, &HostileNodes::say,
      &HostileNodes::connect, &HostileNodes::read, &HostileNodes::break_off,  &HostileNodes::say_raw,
      &HostileNodes::wait,    &HostileNodes::say,  &HostileNodes::command,    &HostileNodes::leave};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::play<HostileNodes>(data, size);
}
