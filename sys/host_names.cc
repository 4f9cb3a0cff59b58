#include "sys/host_names.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>

#include "sys/text.h"

namespace sys {
namespace {

// gai_strerror(3) does not say what to do.
tl::unexpected<Error> host_failure(int outcome, const std::string& name) {
  const std::string what = cat("find the address of host ", printable(name));
  if (outcome == EAI_SYSTEM) return failure(errno, what);
  if (outcome == EAI_MEMORY) return failure(ENOMEM, what);
  if (outcome == EAI_AGAIN) return refusal(cat(what, ": no name server answers; see /etc/resolv.conf"));
  return refusal(cat(what, ": there is no such host with an IPv4 address; see /etc/hosts"));
}

}  // namespace

Result<std::uint32_t> find_host(const std::string& name) {
  addrinfo wanted{};
  wanted.ai_family = AF_INET;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* answer = nullptr;
  const int outcome = ::getaddrinfo(name.c_str(), nullptr, &wanted, &answer);
  if (outcome != 0) return host_failure(outcome, name);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> answers(answer, ::freeaddrinfo);
  return ntohl(reinterpret_cast<const sockaddr_in*>(answer->ai_addr)->sin_addr.s_addr);
}

}  // namespace sys
