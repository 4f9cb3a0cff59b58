#include "frontend/nodemaster/keygen.h"

#include <cerrno>
#include <vector>

#include "crypto/key_file.h"
#include "crypto/primitives.h"
#include "frontend/nodemaster/key_directory.h"
#include "sys/path.h"
#include "sys/text.h"

namespace frontend {
namespace {

struct NewFile {
  const char* name;
  std::uint32_t mode;
  std::string content;
};

sys::Status write_file(sys::Files& files, const std::string& path, const NewFile& file) {
  auto sink = files.create(path, file.mode);
  if (!sink) return tl::make_unexpected(sink.error());
  if (auto status = (*sink)->append(std::as_bytes(std::span(file.content))); !status) return status;
  return (*sink)->finish();
}

sys::Status check_free(sys::Files& files, const std::string& path) {
  const auto there = files.facts(path);
  if (!there) return tl::make_unexpected(there.error());
  if (!*there) return {};
  return sys::failure(
      EEXIST, sys::cat("make ", path, ": nodes may know the key that is there; move it away to make another one"));
}

// The directories that are missing up to `directory`, from the top down.
sys::Result<std::vector<std::string>> missing_directories(sys::Files& files, std::string directory) {
  std::vector<std::string> missing;
  for (; directory.size() > 1; directory = sys::parent_of(directory)) {
    const auto there = files.facts(directory);
    if (!there) return tl::make_unexpected(there.error());
    if (*there) break;
    missing.insert(missing.begin(), directory);
  }
  return missing;
}

// Removes what was made, the latest first, and says so before `why`.
tl::unexpected<sys::Error> take_back(sys::Files& files, const std::vector<std::string>& made, const sys::Error& why) {
  std::string left;
  bool removed = false;
  for (auto path = made.rbegin(); path != made.rend(); ++path) {
    const auto gone = files.remove(*path);
    removed = removed || gone.has_value();
    if (!gone && gone.error().code != ENOENT) left += sys::cat("; ", gone.error().text(), ": remove it yourself");
  }
  const std::string result =
      removed ? "no keys are made, and what had been made of them is removed again" : "no keys are made";
  return sys::within(sys::cat(result, left), why);
}

// All of the files; after an error none of them, and no directory that was not there before.
sys::Status write_all(sys::Files& files, const std::string& directory, const std::vector<NewFile>& all) {
  for (const NewFile& file : all) {
    if (auto free = check_free(files, sys::cat(directory, "/", file.name)); !free) return free;
  }
  auto made = missing_directories(files, directory);
  if (!made) return tl::make_unexpected(made.error());
  if (const auto status = files.make_directories(directory); !status) return take_back(files, *made, status.error());
  for (const NewFile& file : all) {
    const std::string path = sys::cat(directory, "/", file.name);
    if (const auto written = write_file(files, path, file); !written) return take_back(files, *made, written.error());
    made->push_back(path);
  }
  return {};
}

std::string describe(const std::string& directory, const crypto::Fingerprint& key, bool with_cluster_key) {
  return sys::cat("front end key ", crypto::format(key), " in ", directory, "\n  the front end:  [security] keys = \"",
                  directory, with_cluster_key ? "\"" : "\" and cluster_key = false",
                  " in cluster.toml, then start nodemaster or send it SIGHUP\n", "  the nodes:      nodeimage --keys ",
                  directory, " ...\n");
}

}  // namespace

sys::Result<KeygenResult> make_keys(sys::Files& files, const crypto::Random& random, const std::string& directory,
                                    bool with_cluster_key) {
  const auto weakness = weakness_of_key_directory(files, directory);
  if (!weakness) return tl::make_unexpected(weakness.error());
  const auto key = crypto::make_secret(random);
  if (!key) return tl::make_unexpected(key.error());
  const auto cluster = crypto::make_secret(random);
  if (!cluster) return tl::make_unexpected(cluster.error());
  const crypto::PublicKey public_key = crypto::public_of(*key);
  std::vector<NewFile> all;  // not from a list of them, which would be copied and left behind
  all.push_back(
      {crypto::front_end_secret_file, 0600, crypto::format_key(crypto::KeyKind::front_end_secret, key->bytes())});
  all.push_back(
      {crypto::front_end_public_file, 0644, crypto::format_key(crypto::KeyKind::front_end_public, public_key)});
  if (with_cluster_key) {
    all.push_back({crypto::cluster_file, 0600, crypto::format_key(crypto::KeyKind::cluster, cluster->bytes())});
  }
  const auto written = write_all(files, directory, all);
  for (NewFile& file : all)
    crypto::wipe({reinterpret_cast<std::uint8_t*>(file.content.data()), file.content.size()});
  if (!written) return tl::make_unexpected(written.error());
  std::string report = describe(directory, crypto::fingerprint_of(public_key), with_cluster_key);
  if (!weakness->empty()) report += sys::cat("warning: ", *weakness, '\n');
  return KeygenResult{std::move(report)};
}

}  // namespace frontend
