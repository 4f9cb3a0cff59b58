#include "tests/unit/frontend_nodectl_fixture.h"

#include <utility>

#include "transport/frame.h"

namespace fakes {

ScriptedMaster::ScriptedMaster(FakeLoop& loop, sys::Sockets& sockets)
    : loop_(loop), listener_(std::move(sockets.listen_unix(path, 0600).value())) {
  watch_ = loop_.watch(listener_->fd(), sys::Ready::read, [this](sys::Ready) { accept(); }).value();
}

ScriptedMaster::~ScriptedMaster() { loop_.unwatch(watch_); }

void ScriptedMaster::accept() {
  auto accepted = listener_->accept();
  if (!accepted) return;
  connection_ = std::make_unique<transport::Connection>(
      loop_, std::move(accepted->stream), transport::make_clear_channel(),
      transport::ConnectionLimits{.body = transport::max_body, .output_limit = 64u << 20}, *this);
  static_cast<void>(connection_->start(false));
}

void ScriptedMaster::on_message(std::uint64_t, transport::Message message) {
  received.push_back(std::move(message));
  answer(received.back());
}

}  // namespace fakes
