// Mounts of type nfs and nfs4. On a machine with a system of its own mount.nfs(8) makes the kernel's options from what
// people write; on a node there is none, so the front end does (nfs(5); Linux, fs/nfs/fs_context.c).
#include <algorithm>
#include <array>

#include "frontend/nodemaster/mount_kind.h"
#include "frontend/nodemaster/mount_marks.h"
#include "sys/stream.h"
#include "sys/text.h"

namespace frontend {
namespace {

using Names = std::array<std::string_view, 4>;

// A server may be long in coming: about three hours, at ten seconds between attempts.
constexpr std::uint32_t patient = 1000;

constexpr std::array<std::string_view, 5> versions = {"3", "4.0", "4.1", "4.2", "4"};
constexpr Names version_names = {"vers", "nfsvers"};
constexpr Names lock_names = {"lock", "nolock", "local_lock"};

enum class Of { any, version_3, version_4 };

// What the kernel has to be told, unless the plan's own options tell it something else.
struct Needed {
  Of version;
  std::string_view word;  // @: the server's address
  Names names;
};
constexpr Needed needed[] = {
    {Of::any, "proto=tcp", {"proto", "tcp", "udp", "rdma"}}, {Of::any, "addr=@", {"addr"}},
    {Of::version_4, "clientaddr={address}", {"clientaddr"}}, {Of::version_3, "mountproto=tcp", {"mountproto"}},
    {Of::version_3, "mountaddr=@", {"mountaddr"}},           {Of::any, "sec=sys", {"sec"}},
};

bool is_host(std::string_view text) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_';
  };
  return !text.empty() && text.size() <= 253 && text.front() != '-' && std::all_of(text.begin(), text.end(), is_letter);
}

// Of "host:/export"; empty, and a problem, when it is none.
std::string read_host(const MountReading& in) {
  if (!in.reader.has("source")) {
    in.reader.error("type", sys::cat(in.action.type, " needs 'source'"));
    return {};
  }
  const auto colon = in.action.source.find(":/");
  const std::string host = in.action.source.substr(0, colon);
  if (colon == std::string::npos || !is_host(host)) {
    in.reader.error("source",
                    sys::cat("\"", sys::printable(in.action.source, 64),
                             "\" must be like \"nfs1:/export\", \"10.9.0.5:/export\" or \"FRONTEND:/export\""));
    return {};
  }
  const bool numeric = host.find_first_not_of("0123456789.") == host.npos;
  const auto address = sys::parse_ip(host);
  if (numeric && !address) in.reader.error("source", address.error().text());
  return host;
}

// As the kernel is going to have it: the address itself, or the mark that stands for it until it is looked up.
std::string server_address(const MountReading& in, const std::string& host) {
  constexpr Names names = {"addr"};
  if (const auto written = in.options.find(names)) return written->substr(written->find('=') + 1);
  if (host.empty() || host == front_end_mark || sys::parse_ip(host)) return host;
  in.step.need = ServerNeed{host};
  return std::string(server_mark);
}

// "4.1" of "vers=4.1", "nfsvers=4.1" and "v4.1".
std::optional<std::string> written_version(const OptionWords& options) {
  if (const auto word = options.find(version_names)) return word->substr(word->find('=') + 1);
  for (const std::string& word : options.written()) {
    if (word.size() >= 2 && word[0] == 'v' && word[1] >= '0' && word[1] <= '9') return word.substr(1);
  }
  return std::nullopt;
}

std::string read_version(const MountReading& in) {
  constexpr Names minor_names = {"minorversion"};
  if (in.options.find(minor_names)) in.reader.error("options", "say minorversion= as version = \"4.1\", for example");
  const auto written = written_version(in.options);
  std::string version = in.reader.text("version", "4.2");
  if (written && in.reader.has("version")) {
    in.reader.error("version", sys::cat("'options' say it as well (", sys::printable(*written, 64), "): say it once"));
  }
  if (written) version = *written;
  const std::string_view place = written ? "options" : in.reader.has("version") ? "version" : "type";
  if (std::find(versions.begin(), versions.end(), version) == versions.end()) {
    in.reader.error(place, sys::cat("NFS version \"", sys::printable(version, 64),
                                    "\" must be \"3\", \"4.0\", \"4.1\" or \"4.2\""));
  }
  if (version == "3" && in.action.type == "nfs4") in.reader.error(place, "type nfs4 is not for version 3: take nfs");
  if (!written) in.options.add(sys::cat("vers=", version));
  return version;
}

void read_lock(const MountReading& in, bool version_3) {
  const bool lock = in.reader.flag("lock", !version_3);
  if (!version_3) {
    if (!lock) in.reader.error("lock", "is for version 3: in version 4 the server always keeps the locks");
    return;
  }
  if (lock) in.reader.warn("lock", "needs rpcbind and rpc.statd, which no node has: for locks take version 4");
  const std::string word = lock ? "lock" : "nolock";
  if (in.reader.has("lock")) return in.options.add(in.reader, "lock", lock_names, word);
  if (!in.options.find(lock_names)) in.options.add(word);
}

std::string with_address(std::string_view word, const std::string& address) {
  const auto at = word.find('@');
  return at == word.npos ? std::string(word) : sys::cat(word.substr(0, at), address);
}

}  // namespace

void read_nfs(const MountReading& in) {
  const std::string host = read_host(in);
  const std::string address = server_address(in, host);
  const bool version_3 = read_version(in) == "3";
  for (const Needed& row : needed) {
    if (row.version != Of::any && (row.version == Of::version_3) != version_3) continue;
    if (!in.options.find(row.names)) in.options.add(with_address(row.word, address));
  }
  read_lock(in, version_3);
  in.step.step.retries = patient;
}

bool is_known_by_host_name(const PlanStep& step) {
  const auto* mount = std::get_if<transport::MountStep>(&step.step.action);
  if (!mount || (mount->type != "nfs" && mount->type != "nfs4")) return false;
  const auto version = written_version(OptionWords(mount->options));
  return version && (*version == "4.1" || *version == "4.2");
}

}  // namespace frontend
