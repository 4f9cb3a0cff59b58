// One request to nodemaster and what comes back, from connecting to the exit status.
//
// Whatever is printed goes through Context's two outputs. While one of them is full, nothing is read from nodemaster, unless
// what comes is bounded otherwise (Flow::by_credit); an exchange ends only when both have been taken by their readers, or the reader of standard output is gone.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "frontend/nodectl/output.h"
#include "sys/loop.h"
#include "sys/stream.h"
#include "sys/terminal.h"
#include "transport/connection.h"
#include "transport/messages.h"

namespace frontend {

// What every verb is handed.
struct Context {
  sys::Loop& loop;
  sys::Sockets& sockets;
  Output& output;
  Output& error;
  std::string socket;  // path of nodemaster's control socket
  bool json = false;
  std::optional<sys::TerminalSize> terminal;  // behind the output
  char** arguments = nullptr;                 // of main()
  int argument_count = 0;
  std::uint64_t ignored = 0;  // signals that our caller wants ignored: sys/signals.h
};

// "nodectl: TEXT" on standard error, fit for a terminal.
void complain(Context& context, std::string_view text);

enum class Flow : std::uint8_t { as_printed, by_credit };

class Exchange final : public transport::ConnectionHandler {
 public:
  using Handler = std::function<void(transport::Message&)>;

  explicit Exchange(Context& context, Flow flow = Flow::as_printed);
  ~Exchange() override;

  // Sends `request` and turns the loop until finish(); returns the exit status. `handler` is given every answer but Done,
  // which is `on_done`'s affair, and Failure, which is said and finishes.
  int run(const transport::Message& request, Handler handler, std::function<void()> on_done);
  // What a lost connection leads to, in place of finishing: `request` may be sent on a new one (reconnect()).
  void on_lost(std::function<void(const sys::Error& reason)> handler) { on_lost_ = std::move(handler); }
  sys::Status reconnect(const transport::Message& request);
  void send(const transport::Message& message);
  // Called whenever what has been printed has been taken by its readers.
  void on_taken(std::function<void()> handler) { on_taken_ = std::move(handler); }
  // Nothing more is read; what has been printed is still delivered.
  void finish(int status);
  // As finish(), without waiting for whoever reads what has been printed.
  void give_up(int status);

 private:
  void on_message(std::uint64_t request, transport::Message message) override;
  void on_closed(const sys::Error& reason) override;
  void on_delivered();
  void on_broken(const sys::Error& reason);

  bool full() const { return flow_ == Flow::as_printed && (context_.output.full() || context_.error.full()); }

  Context& context_;
  const Flow flow_;
  std::function<void()> on_taken_;
  std::function<void(const sys::Error&)> on_lost_;
  bool connected_before_ = false;
  bool unheard_ = false;  // of a new nodemaster; one that is busy is tried again
  Handler handler_;
  std::function<void()> on_done_;
  std::unique_ptr<transport::Connection> connection_;
  int status_ = 1;
  bool finished_ = false;
};

}  // namespace frontend
