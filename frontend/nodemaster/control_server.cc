#include "frontend/nodemaster/control_server.h"

#include <cerrno>

#include "frontend/nodemaster/dispose.h"
#include "sys/text.h"
#include "transport/frame.h"

namespace frontend {
namespace {

constexpr unsigned max_lines = 30;  // a minute, of each kind

}  // namespace

ControlServer::ControlServer(sys::Loop& loop, sys::Log& log, Desk desk)
    : loop_(loop),
      log_(log),
      desk_(std::move(desk)),
      pause_(loop),
      owners_changes_(loop.clock(), max_lines, std::chrono::minutes(1)) {}

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
  const std::uint32_t uid = accepted.uid;
  const Role role = frontend::role_of({uid, accepted.gid, accepted.groups}, desk_.admins);
  auto place = admission_.enter(role, uid);
  if (!place) {
    note(Counter::control_busy, uid, accepted.pid, place.error().what);
    return turn_away(*accepted.stream, place.error().what);
  }
  ClientEvents& events = *this;
  auto client = std::make_unique<Client>(loop_, desk_, std::move(accepted), events);
  if (const auto status = client->start(); !status) return log_.warning(status.error().text());
  const Client* const key = client.get();
  clients_.emplace(key, Entry{std::move(client), std::move(*place)});
}

// A fresh socket takes so much at once; when it does not, the command has to do without.
void ControlServer::turn_away(sys::Stream& stream, const std::string& reason) {
  transport::Bytes frame;
  if (transport::append_frame(transport::Failure{false, reason}, 0, frame)) static_cast<void>(stream.write(frame));
}

void ControlServer::note(Counter counter, std::uint32_t uid, std::int32_t pid, std::string_view what) {
  desk_.counters.add(counter);
  auto& limit = limits_.try_emplace(counter, loop_.clock(), max_lines, std::chrono::minutes(1)).first->second;
  log(sys::Severity::warning, limit.ask(), uid, pid, what);
}

void ControlServer::log(sys::Severity severity, RateLimit::Verdict verdict, std::uint32_t uid, std::int32_t pid,
                        std::string_view what) {
  if (verdict == RateLimit::Verdict::keep_quiet) return;
  log_.write(severity,
             sys::cat("control socket: process ", pid, " of uid ", uid, ": ", what,
                      verdict == RateLimit::Verdict::say_last ? "; further ones are not shown for a minute" : ""));
}

sys::Status ControlServer::on_request(const Client& client, const transport::Message& request) {
  auto allowed = check_permission(request, client.credentials(), desk_.admins);
  if (!allowed) on_refused(client, allowed.error().what);
  return allowed;
}

void ControlServer::on_refused(const Client& client, std::string_view what) {
  note(Counter::control_permission, client.credentials().uid, client.pid(), what);
}

// The owner of a node may change its mode without end.
void ControlServer::on_change(const Client& client, std::string_view what) {
  const bool trusted = role_of(client) >= Role::admin;
  log(sys::Severity::notice, trusted ? RateLimit::Verdict::say : owners_changes_.ask(), client.credentials().uid,
      client.pid(), what);
}

void ControlServer::on_client_over(const Client& client, ClientEnd end, const sys::Error& reason) {
  constexpr std::pair<ClientEnd, Counter> counters[] = {{ClientEnd::malformed, Counter::control_malformed},
                                                        {ClientEnd::idle, Counter::control_idle},
                                                        {ClientEnd::not_reading, Counter::control_not_reading},
                                                        {ClientEnd::unanswerable, Counter::control_unanswerable}};
  for (const auto& [kind, counter] : counters) {
    if (kind == end) note(counter, client.credentials().uid, client.pid(), reason.text());
  }
  const auto found = clients_.find(&client);
  dispose_later(loop_, std::move(found->second.client));
  clients_.erase(found);
}

}  // namespace frontend
