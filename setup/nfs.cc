#include "setup/nfs.h"

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "sys/text.h"

namespace setup {
namespace {

constexpr std::uint16_t nfs_port = 2049;                        // RFC 7530, 3.1
constexpr sys::Duration probe_limit = std::chrono::seconds(2);  // long enough for a SYN that was lost

struct Meaning {
  int code;
  std::string_view text;
};
constexpr Meaning meanings[] = {
    {ENOENT, "the server has no such export"},
    {EACCES, "the server has no such export for this node: look at its exports"},
    {EPERM, "the server has no such export for this node: look at its exports"},
    {EPROTONOSUPPORT, "the server does not offer this version of NFS, or the node has no module nfsv3 or nfsv4 for it"},
    {EINVAL, "the node's kernel refuses the version or another option; its message on the console says which"},
    {ETIMEDOUT, "the server does not answer"},
    {ECONNREFUSED, "the server refuses connections: version 3 also needs its rpcbind, or port= and mountport="},
    {EHOSTUNREACH, "there is no way to the server"},
    {ENETUNREACH, "there is no way to the server"},
    {ESTALE, "the server knows the export no more: has it been replaced?"},
};

// The value of the last "NAME=value", which is the one that counts.
std::optional<std::string_view> option(std::string_view options, std::string_view name) {
  std::optional<std::string_view> value;
  for (const std::string_view word : sys::split(options, ',')) {
    const auto equals = word.find('=');
    if (equals != word.npos && word.substr(0, equals) == name) value = word.substr(equals + 1);
  }
  return value;
}

bool uses_tcp(std::string_view options) {
  bool tcp = true;
  for (const std::string_view word : sys::split(options, ',')) {
    if (word == "tcp" || word == "proto=tcp") tcp = true;
    if (word == "udp" || word == "rdma" || word == "proto=udp" || word == "proto=rdma") tcp = false;
  }
  return tcp;
}

std::string_view meaning_of_silence(int code) {
  switch (code) {
    case ECONNREFUSED:
      return "the machine is there, and no NFS server on it";
    case ETIMEDOUT:
      return "no answer: is the server on, and in reach?";
    default:
      return nfs_meaning(code);
  }
}

}  // namespace

std::optional<NfsServer> nfs_server(const transport::MountStep& step) {
  if (step.type != "nfs" && step.type != "nfs4") return std::nullopt;
  const std::string host = step.source.substr(0, step.source.find(":/"));
  const std::string address(option(step.options, "addr").value_or(host));
  const auto ip = sys::parse_ip(address);
  if (!ip) return std::nullopt;
  // `port=0` has the kernel ask the server's rpcbind, which nearly always says the same.
  const auto port = sys::parse_number(option(step.options, "port").value_or(""), 1, 65535);
  return NfsServer{host == address ? host : sys::cat(host, " (", address, ")"),
                   {*ip, port ? static_cast<std::uint16_t>(*port) : nfs_port},
                   uses_tcp(step.options)};
}

std::string_view nfs_meaning(int code) {
  for (const Meaning& row : meanings) {
    if (row.code == code) return row.text;
  }
  return {};
}

bool is_refusal(const transport::MountStep& step, int code) {
  constexpr int refusals[] = {EACCES, EPERM, EINVAL, ENODEV, EPROTONOSUPPORT};
  const bool nfs = step.type == "nfs" || step.type == "nfs4";
  return nfs && std::find(std::begin(refusals), std::end(refusals), code) != std::end(refusals);
}

sys::Status check_nfs_server(const NfsServer& server, sys::Sockets& sockets) {
  if (!server.tcp) return {};
  const auto status = sockets.probe_tcp(server.endpoint, probe_limit);
  if (status) return {};
  const int code = status.error().code;
  std::string what = sys::cat("NFS server ", server.name, ", port ", server.endpoint.port);
  const std::string_view meaning = meaning_of_silence(code);
  if (!meaning.empty()) what += sys::cat(": ", meaning);
  return sys::failure(code, std::move(what));
}

}  // namespace setup
