#include <algorithm>
#include <cstdio>
#include <vector>

#include "ends.h"
#include "loads.h"

namespace bench {

namespace {

using transport::Bytes;

// What one end has taken for each handshake, in seconds.
class Stopwatch {
 public:
  template <class Work> void run(Work work) {
    const sys::Instant began = clock_.now();
    work();
    spent_ += std::chrono::duration<double>(clock_.now() - began).count();
  }
  void lap() { laps_.push_back(std::exchange(spent_, 0)); }
  double median() {
    std::ranges::nth_element(laps_, laps_.begin() + static_cast<std::ptrdiff_t>(laps_.size() / 2));
    return laps_[laps_.size() / 2];
  }

 private:
  sys::KernelClock clock_;
  double spent_ = 0;
  std::vector<double> laps_;
};

// The node's end of one connection after the other: the next one when the front end has closed this one.
class Visitor final : public transport::ConnectionHandler {
 public:
  Visitor(Ends& ends, const Load& load) : ends_(ends), port_(load.port), left_(load.count) { next(); }

  void on_message(std::uint64_t, transport::Message) override {}
  void on_closed(const sys::Error& reason) override {
    if (!connection_->established()) give_up(reason.text());
    if (left_ == 0) return ends_.loop().stop();
    next();
  }

 private:
  void next() {
    --left_;
    connection_ = ends_.connect(port_, *this);
    connection_->send(transport::BulkHello{});
  }

  Ends& ends_;
  const std::uint16_t port_;
  std::uint64_t left_;
  std::unique_ptr<transport::Connection> connection_;
};

class Greeter final : public transport::ConnectionHandler {
 public:
  Greeter(Ends& ends, const Load& load) : ends_(ends), left_(load.count) {}

  void begin(std::unique_ptr<sys::Stream> stream) { connection_ = ends_.accept(std::move(stream), *this); }
  void on_message(std::uint64_t, transport::Message) override {
    connection_.reset();
    if (--left_ == 0) ends_.loop().stop();
  }
  void on_closed(const sys::Error& reason) override { give_up(reason.text()); }

 private:
  Ends& ends_;
  std::uint64_t left_;
  std::unique_ptr<transport::Connection> connection_;
};

}  // namespace

void handshakes(const Load& load) {
  Keys keys(load.protection);
  Stopwatch of_node, of_front_end;
  for (std::uint64_t i = 0; i < load.count; ++i) {
    Bytes question, answer, clear;
    std::unique_ptr<transport::Channel> node, front_end;
    of_node.run([&] {
      node = keys.node_channel();
      must(node->begin(question));
    });
    of_front_end.run([&] {
      front_end = keys.front_end_channel();
      must(front_end->receive(question, clear, answer));
    });
    of_node.run([&] { must(node->receive(answer, clear, question)); });
    of_node.lap();
    of_front_end.lap();
  }
  std::printf("node_us %.2f\nfront_end_us %.2f\n", 1e6 * of_node.median(), 1e6 * of_front_end.median());
}

void greet(const Load& load) {
  Ends ends(load.protection);
  Greeter greeter(ends, load);
  ends.listen(load.port, [&](std::unique_ptr<sys::Stream> stream) { greeter.begin(std::move(stream)); });
  std::puts("listening 1");
  std::fflush(stdout);
  ends.loop().run();
}

void visit(const Load& load) {
  Ends ends(load.protection);
  const double began = ends.seconds();
  Visitor visitor(ends, load);
  ends.loop().run();
  std::printf("seconds %.6f\n", ends.seconds() - began);
}

void records(const Load& load) {
  Keys keys(load.protection);
  Bytes question, answer, clear;
  const auto node = keys.node_channel();
  const auto front_end = keys.front_end_channel();
  must(node->begin(question));
  must(front_end->receive(question, clear, answer));
  must(node->receive(answer, clear, question));
  const Bytes block(1u << 20);
  Bytes wire;
  Stopwatch sealing, opening;
  for (std::uint64_t i = 0; i < load.count; ++i) {
    wire.clear();
    clear.clear();
    sealing.run([&] { front_end->seal(block, wire); });
    opening.run([&] { must(node->receive(wire, clear, answer)); });
    sealing.lap();
    opening.lap();
  }
  std::printf("seal_us %.1f\nopen_us %.1f\n", 1e6 * sealing.median(), 1e6 * opening.median());
}

}  // namespace bench
