#include "frontend/nodemaster/control_server.h"

#include <cerrno>

#include "frontend/nodemaster/dispose.h"

namespace frontend {

ControlServer::~ControlServer() { loop_.unwatch(watch_); }

sys::Status ControlServer::start(sys::Sockets& sockets, const std::string& path) {
  auto listener = sockets.listen_unix(path, socket_mode);
  if (!listener) return tl::make_unexpected(listener.error());
  listener_ = std::move(*listener);
  return watch();
}

sys::Status ControlServer::watch() {
  const auto id = loop_.watch(listener_->fd(), sys::Ready::read, [this](sys::Ready) { accept(); });
  if (!id) return tl::make_unexpected(id.error());
  watch_ = *id;
  return {};
}

void ControlServer::accept() {
  auto accepted = listener_->accept();
  if (accepted) return admit(std::move(*accepted));
  if (accepted.error().code == EAGAIN) return;
  // Most likely too many open files: it passes.
  log_.warning(accepted.error().text());
  loop_.unwatch(std::exchange(watch_, 0));
  pause_.set(std::chrono::seconds(1), [this] {
    if (const auto status = watch(); !status) log_.error("no more commands: ", status.error().text());
  });
}

void ControlServer::admit(sys::Listener::Accepted accepted) {
  if (clients_.size() == max_clients) return log_.warning("a command was turned away: ", max_clients, " are connected");
  const std::uint64_t id = next_client_++;
  auto client = std::make_unique<Client>(loop_, desk_, std::move(accepted), [this, id] {
    const auto found = clients_.find(id);
    dispose_later(loop_, std::move(found->second));
    clients_.erase(found);
  });
  if (const auto status = client->start(); !status) return log_.warning(status.error().text());
  clients_.emplace(id, std::move(client));
}

}  // namespace frontend
