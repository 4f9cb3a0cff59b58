#include <cstdio>
#include <vector>

#include "ends.h"
#include "loads.h"

namespace bench {

namespace {

// Connections that have said one message, and are idle from then on.
class Crowd final : public transport::ConnectionHandler {
 public:
  Crowd(Ends& ends, const Load& load) : ends_(ends), load_(load) { connections_.reserve(load.count); }

  void accept(std::unique_ptr<sys::Stream> stream) { connections_.push_back(ends_.accept(std::move(stream), *this)); }
  void connect() {
    connections_.push_back(ends_.connect(load_.port, *this));
    connections_.back()->send(transport::BulkHello{});
  }
  void on_message(std::uint64_t, transport::Message message) override {
    ++heard_;
    if (std::holds_alternative<transport::BulkHello>(message)) {
      // Answers with a ping, as the front end does; then everybody has sent and received.
      connections_[heard_ - 1]->send(transport::Ping{});
    } else if (heard_ < load_.count) {
      connect();
    }
    if (heard_ == load_.count) say("established");
  }
  void on_closed(const sys::Error&) override { ends_.loop().stop(); }

  static void say(const char* what) {
    std::printf("%s 1\n", what);
    std::fflush(stdout);
  }

 private:
  Ends& ends_;
  const Load load_;
  std::uint64_t heard_ = 0;
  std::vector<std::unique_ptr<transport::Connection>> connections_;
};

}  // namespace

void hold(const Load& load) {
  Ends ends(load.protection);
  Crowd crowd(ends, load);
  ends.listen(load.port, [&](std::unique_ptr<sys::Stream> stream) { crowd.accept(std::move(stream)); });
  Crowd::say("listening");
  ends.loop().run();
}

void stay(const Load& load) {
  Ends ends(load.protection);
  Crowd crowd(ends, load);
  crowd.connect();
  ends.loop().run();
}

}  // namespace bench
