// `insecure` and [security]: by what the front end proves who it is, and what nodes have to prove.
#include <algorithm>
#include <array>
#include <cerrno>

#include "crypto/key_file.h"
#include "frontend/nodemaster/config_readers.h"
#include "frontend/nodemaster/key_directory.h"
#include "sys/accounts.h"
#include "sys/text.h"

namespace frontend {
namespace {

constexpr std::uint32_t open_to_others = 0077;

class KeyReader {
 public:
  KeyReader(sys::Files& files, TableReader& security, std::string directory)
      : files_(files), security_(security), directory_(std::move(directory)) {}

  transport::FrontEndKeys read(bool with_cluster_key) {
    warn_of_directory();
    transport::FrontEndKeys keys;
    keys.protection = with_cluster_key ? transport::Protection::nk_psk0 : transport::Protection::nk;
    keys.key = secret(crypto::front_end_secret_file, crypto::KeyKind::front_end_secret);
    keys.public_key = crypto::public_of(keys.key);
    if (with_cluster_key) keys.cluster_key = secret(crypto::cluster_file, crypto::KeyKind::cluster);
    if (!failed_) check_public(keys.public_key);
    return keys;
  }

 private:
  // What cannot be looked at is said of the keys in it.
  void warn_of_directory() {
    const auto weakness = weakness_of_key_directory(files_, directory_);
    if (weakness && !weakness->empty()) security_.warn("keys", *weakness);
  }

  crypto::Secret secret(const char* name, crypto::KeyKind kind) {
    const std::string path = sys::cat(directory_, "/", name);
    // Of what a link leads to: links have a mode that says nothing.
    const auto facts = files_.facts_through(path);
    if (facts && *facts) {
      if (const std::string fault = fault_of(**facts, path); !fault.empty()) {
        fail(fault);
        return {};
      }
    }
    auto key = crypto::read_secret(files_, path, kind);
    if (key) return *key;
    fail(key.error().code != ENOENT ? key.error().text() : absence_of(path));
    return {};
  }

  // A link that leads nowhere is absent as well. keygen makes no half of a set, since nodes may know the other one.
  std::string absence_of(const std::string& path) {
    const std::string what =
        sys::cat(is_there(path) ? "there is nothing where the link leads: " : "there is no ", path);
    if (!any_is_there()) return sys::cat(what, ": make the keys with 'nodemaster keygen ", directory_, "'");
    return sys::cat(what,
                    ", but other keys of its set are there: restore it, or make a new set with 'nodemaster keygen ",
                    directory_, ".new', name that directory in [security] keys, and make new images with it");
  }

  bool any_is_there() {
    return std::ranges::any_of(
        std::array{crypto::front_end_secret_file, crypto::front_end_public_file, crypto::cluster_file},
        [this](const char* name) { return is_there(sys::cat(directory_, "/", name)); });
  }

  // A link is, wherever it leads.
  bool is_there(const std::string& path) {
    const auto facts = files_.facts(path);
    return facts && *facts;
  }

  // Why what is there is no secret; empty when it is one.
  static std::string fault_of(const sys::FileFacts& facts, const std::string& path) {
    if (facts.kind != sys::FileKind::regular)
      return sys::cat(path, " is not a regular file: move it away, and put the key's file there");
    if (facts.uid != 0 && facts.uid != sys::own_user())
      return sys::cat(path, " is a secret and belongs to uid ", facts.uid, ", who may read and change it: chown ",
                      sys::own_user(), " ", path);
    if ((facts.mode & open_to_others) != 0)
      return sys::cat(path, " is a secret and others than its owner may read or change it: chmod 600 ", path);
    return "";
  }

  // The one that goes into images.
  void check_public(const crypto::PublicKey& expected) {
    const std::string path = sys::cat(directory_, "/", crypto::front_end_public_file);
    const auto key = crypto::read_public(files_, path);
    if (!key && key.error().code != ENOENT) return fail(key.error().text());
    if (key && *key != expected)
      fail(sys::cat(path, " is not of the secret key beside it: images with it join nobody"));
  }

  void fail(const std::string& reason) {
    failed_ = true;
    security_.error("keys", reason);
  }

  sys::Files& files_;
  TableReader& security_;
  const std::string directory_;
  bool failed_ = false;
};

}  // namespace

transport::FrontEndKeys read_keys(sys::Files& files, TableReader& top, const std::string& folder) {
  const bool insecure = top.flag("insecure", false);
  TableReader security = top.table("security");
  const std::string directory = absolute_in(folder, security.text("keys", "keys"));
  const bool with_cluster_key = security.flag("cluster_key", true);
  transport::FrontEndKeys keys;
  if (!insecure) {
    keys = KeyReader(files, security, directory).read(with_cluster_key);
    if (!with_cluster_key) security.warn("cluster_key", "is off: any machine on the nodes' network may join as a node");
  } else {
    top.warn("insecure", "whoever can reach the nodes' network can read and command everything");
    if (top.has("security"))
      top.error("security", "has no place beside insecure = true, which is without any keys: remove one of the two");
  }
  security.finish();
  return keys;
}

}  // namespace frontend
