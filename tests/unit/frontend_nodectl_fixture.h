// nodectl in memory: its two outputs are streams that a test reads, and nodemaster is a script.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "frontend/nodectl/exchange.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_loop.h"
#include "tests/fakes/fake_sockets.h"
#include "tests/fakes/fake_stream.h"
#include "tests/fakes/faults.h"
#include "transport/connection.h"

namespace fakes {

// Listens where nodectl connects; what it is told is recorded, and `answer` says what to do about it.
class ScriptedMaster final : public transport::ConnectionHandler {
 public:
  static constexpr char path[] = "/run/nodemaster/control.sock";

  ScriptedMaster(FakeLoop& loop, sys::Sockets& sockets);
  ~ScriptedMaster() override;

  void send(const transport::Message& message) { connection_->send(message, 1); }
  void hang_up() { connection_.reset(); }
  std::size_t unsent() const { return connection_->pending_output(); }

  std::function<void(const transport::Message&)> answer = [](const transport::Message&) {};
  std::vector<transport::Message> received;
  bool closed = false;

 private:
  void accept();
  void on_message(std::uint64_t, transport::Message message) override;
  void on_closed(const sys::Error&) override { closed = true; }

  FakeLoop& loop_;
  std::unique_ptr<sys::Listener> listener_;
  sys::WatchId watch_ = 0;
  std::unique_ptr<transport::Connection> connection_;
};

struct Command {
  // `capacity`: bytes of output that wait in the pipe before its writer has to.
  explicit Command(std::size_t capacity = 1u << 20) {
    std::tie(out, out_reader) = FakeStream::pair(loop, faults, capacity);
    std::tie(error_out, error_reader) = FakeStream::pair(loop, faults, capacity);
    output.emplace(loop, std::move(out));
    error.emplace(loop, std::move(error_out));
    context.emplace(frontend::Context{loop, sockets, *output, *error, ScriptedMaster::path, false});
  }

  std::string printed() { return text(out_reader->take()); }
  std::string complained() { return text(error_reader->take()); }
  static std::string text(const std::vector<std::byte>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  Faults faults;
  FakeClock clock{faults};
  FakeLoop loop{clock, faults};
  FakeSockets sockets{loop, faults};
  std::unique_ptr<FakeStream> out, out_reader, error_out, error_reader;
  std::optional<frontend::Output> output, error;
  std::optional<frontend::Context> context;
};

}  // namespace fakes
