// The control socket: a Unix socket to which everybody may connect. Who gets in is decided by control_admission.h, what each may
// ask for by roles.h. Whoever is refused is told so, counted, and logged, though not without end.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "frontend/nodemaster/client.h"
#include "frontend/nodemaster/control_admission.h"
#include "frontend/nodemaster/rate_limit.h"
#include "frontend/nodemaster/verb.h"
#include "sys/log.h"
#include "sys/loop.h"
#include "sys/stream.h"

namespace frontend {

class ControlServer final : private ClientEvents {
 public:
  static constexpr std::uint32_t socket_mode = 0666;

  ControlServer(sys::Loop& loop, sys::Log& log, Desk desk);
  ~ControlServer() override;
  // Refused when another nodemaster listens there.
  sys::Status start(sys::Sockets& sockets, const std::string& path);
  // For requests from now on.
  void set_admins(std::optional<AdminGroup> admins) { desk_.admins = std::move(admins); }

 private:
  struct Entry {
    std::unique_ptr<Client> client;
    ControlAdmission::Place place;
  };

  sys::Status watch();
  void accept();
  void admit(sys::Listener::Accepted accepted);
  void turn_away(sys::Stream& stream, const std::string& reason);
  void note(Counter counter, std::uint32_t uid, std::int32_t pid, std::string_view what);
  void log(sys::Severity severity, RateLimit::Verdict verdict, std::uint32_t uid, std::int32_t pid,
           std::string_view what);
  sys::Status on_request(const Client& client, const transport::Message& request) override;
  Role role_of(const Client& client) const override { return frontend::role_of(client.credentials(), desk_.admins); }
  void on_refused(const Client& client, std::string_view what) override;
  void on_change(const Client& client, std::string_view what) override;
  void on_client_over(const Client& client, ClientEnd end, const sys::Error& reason) override;

  sys::Loop& loop_;
  sys::Log& log_;
  Desk desk_;
  std::unique_ptr<sys::Listener> listener_;
  sys::WatchId watch_ = 0;
  sys::Timer pause_;                     // after a failure to accept
  std::map<Counter, RateLimit> limits_;  // each kind has its own: a flood of one does not hide another
  RateLimit owners_changes_;             // lines about users who are no admins
  ControlAdmission admission_;
  std::map<const Client*, Entry> clients_;
};

}  // namespace frontend
