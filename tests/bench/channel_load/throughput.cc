#include <cstdio>
#include <optional>

#include "ends.h"
#include "loads.h"

namespace bench {

namespace {

class Source final : public transport::ConnectionHandler {
 public:
  Source(Ends& ends, std::uint64_t blocks) : ends_(ends), left_(blocks) {}

  void begin(std::unique_ptr<sys::Stream> stream) {
    connection_ = ends_.accept(std::move(stream), *this);
    send_next();
  }
  void on_message(std::uint64_t, transport::Message) override {}
  void on_drained() override { send_next(); }
  void on_closed(const sys::Error& reason) override { give_up(reason.text()); }

 private:
  void send_next() {
    if (left_ == 0) return ends_.loop().stop();
    --left_;
    connection_->send(block_);
  }

  Ends& ends_;
  std::uint64_t left_;
  // Made once: what the front end's end does with files is not measured here.
  const transport::Message block_ = transport::Block{.data = transport::Bytes(1u << 20)};
  std::unique_ptr<transport::Connection> connection_;
};

class Sink final : public transport::ConnectionHandler {
 public:
  Sink(Ends& ends, const Load& load) : ends_(ends), connection_(ends.connect(load.port, *this)) {}

  void on_message(std::uint64_t, transport::Message message) override {
    bytes_ += std::get<transport::Block>(message).data.size();
  }
  void on_closed(const sys::Error& reason) override {
    reason_ = reason.text();
    ends_.loop().stop();
  }
  std::uint64_t bytes() const { return bytes_; }
  const std::string& reason() const { return reason_; }

 private:
  Ends& ends_;
  std::uint64_t bytes_ = 0;
  std::string reason_;
  std::unique_ptr<transport::Connection> connection_;
};

}  // namespace

void source(const Load& load) {
  Ends ends(load.protection);
  Source source(ends, load.count);
  ends.listen(load.port, [&](std::unique_ptr<sys::Stream> stream) { source.begin(std::move(stream)); });
  std::puts("listening 1");
  std::fflush(stdout);
  ends.loop().run();
}

void sink(const Load& load) {
  Ends ends(load.protection);
  const double began = ends.seconds();
  Sink sink(ends, load);
  ends.loop().run();
  if (sink.bytes() != load.count << 20) give_up(sink.reason());
  std::printf("seconds %.6f\n", ends.seconds() - began);
}

}  // namespace bench
