// What TCP and Unix sockets have in common.
#pragma once

#include <sys/socket.h>

#include <memory>
#include <string>
#include <string_view>

#include "sys/fd.h"
#include "sys/result.h"
#include "sys/stream.h"

namespace sys {

// A cluster connects at once when its front end comes back.
constexpr int listen_backlog = 4096;
constexpr int socket_type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;

// The error of the system call that has just failed (errno), as "OPERATION PEER". "Nothing now" is no news to anybody: it
// gets no text.
tl::unexpected<Error> socket_failure(std::string_view operation, std::string_view peer);

// `peer` names the other end in errors.
std::unique_ptr<Stream> socket_stream(Fd fd, std::string peer);

// accept4(2), close-on-exec and non-blocking, past peers that have gone already. `address` may be null.
Fd accept_next(int listener, sockaddr* address, socklen_t size);

}  // namespace sys
