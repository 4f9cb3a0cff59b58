// What a node can say about the server of an NFS mount: who it is, whether it is there, and what the kernel's refusals
// mean in this case.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sys/stream.h"
#include "transport/messages.h"

namespace setup {

struct NfsServer {
  std::string name;          // as messages call it: "nfs1 (10.9.0.5)"
  sys::TcpAddress endpoint;  // port: `port=` of the options, else 2049
  bool tcp = true;           // otherwise it cannot be asked whether it is there
};

// Of a mount of type nfs or nfs4 whose address is known (`addr=` of the options, or the source); nothing of any other.
std::optional<NfsServer> nfs_server(const transport::MountStep& step);

// "the server has no such export": what `code`, an errno of mount(2), says about an NFS mount; empty: no more than it
// says of itself.
std::string_view nfs_meaning(int code);

// Whether `error`, of a mount, is a refusal that waiting does not mend: the export is not for this node, or the kernel or the
// server has no such file system, version or option. It may be mended there, but a server that is away comes sooner.
bool is_refusal(const transport::MountStep& step, int code);

// Whether the server can be connected to; else what that means. Blocks for up to 2 s.
sys::Status check_nfs_server(const NfsServer& server, sys::Sockets& sockets);

}  // namespace setup
