// A file system in memory: directories, links and all, with the errors that the kernel would give, and no way past
// links that others than root have made (all directories are taken for root's own).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sys/files.h"
#include "tests/fakes/faults.h"

namespace fakes {

class FakeFiles final : public sys::Files {
 public:
  explicit FakeFiles(Faults& faults);

  sys::Result<std::unique_ptr<sys::FileSink>> create(const std::string& path, std::uint32_t mode) override;
  sys::Result<std::optional<sys::FileFacts>> facts(const std::string& path) override;
  sys::Result<std::optional<sys::FileFacts>> facts_through(const std::string& path) override;
  sys::Result<std::string> read(const std::string& path, std::size_t limit) override;
  sys::Status read_pieces(const std::string& path,
                          const std::function<void(std::span<const std::byte>)>& take) override;
  sys::Result<std::string> read_link(const std::string& path) override;
  sys::Result<std::vector<std::string>> list(const std::string& path) override;
  sys::Status replace(const std::string& path, std::span<const std::byte> content, sys::Ownership owner) override;
  sys::Status copy(const std::string& from, const std::string& to, sys::Ownership owner) override;
  sys::Status write(const std::string& path, std::string_view content) override;
  sys::Status make_directory(const std::string& path, sys::Ownership owner) override;
  sys::Status make_directories(const std::string& path) override;
  sys::Status make_device(const std::string& path, sys::FileKind kind, std::uint32_t major, std::uint32_t minor,
                          sys::Ownership owner) override;
  sys::Status make_link(const std::string& target, const std::string& path) override;
  sys::Status hard_link(const std::string& existing, const std::string& path) override;
  sys::Status rename(const std::string& from, const std::string& to) override;
  sys::Status set_owner(const std::string& path, sys::Ownership owner) override;
  sys::Status set_modified(const std::string& path, std::int64_t since_epoch_ns) override;
  sys::Status remove(const std::string& path) override;

  // For tests: these ask no Faults. A regular file with what is missing above it.
  void put(const std::string& path, std::string content, std::uint32_t mode = 0644);
  void put_directory(const std::string& path);
  void put_link(const std::string& path, const std::string& target, std::uint32_t uid = 0);
  // The content of a regular file; empty when there is none.
  std::string content(const std::string& path) const;
  bool exists(const std::string& path) const;
  // `path` and what is below it are another file system (FileFacts::filesystem); 1 is that of the root.
  void set_filesystem(const std::string& path, std::uint64_t id) { filesystems_[path] = id; }

 private:
  class Sink;
  struct Node {
    sys::FileKind kind = sys::FileKind::regular;
    sys::Ownership owner;
    std::string content;  // of a regular file; the target of a link
    std::uint32_t major = 0;
    std::uint32_t minor = 0;
    std::uint64_t inode = 0;
    std::int64_t modified_ns = 0;
    std::int64_t changed_ns = 0;
  };
  using NodePointer = std::shared_ptr<Node>;  // shared by hard links

  // Where `path` really is, links in its directories followed (and a link at its end when `follow`). An error when
  // what is above it is missing or no directory, or such a link is not root's; nothing needs to be there itself.
  sys::Result<std::string> resolve(const std::string& path, bool follow, const std::string& what) const;
  sys::Result<NodePointer> find(const std::string& path, bool follow, const std::string& what) const;
  // Puts a node where there is none.
  sys::Status add(const std::string& path, Node node, const std::string& what);
  // Puts a regular file in place of whatever but a directory is there.
  sys::Status put_in_place(const std::string& path, Node node, const std::string& what);
  NodePointer numbered(Node node);
  void touch(Node& node) { node.changed_ns = ++changes_; }
  bool has_children(const std::string& real) const;
  std::uint64_t names_of(const Node& node) const;
  sys::Result<std::optional<sys::FileFacts>> look_at(const std::string& path, bool follow, const std::string& what);
  std::uint64_t filesystem_of(const std::string& real) const;

  Faults& faults_;
  std::map<std::string, NodePointer> nodes_;  // by real path
  std::map<std::string, std::uint64_t> filesystems_;
  std::uint64_t next_inode_ = 1;
  std::int64_t changes_ = 0;  // the time of the last one: long ago, each later than those before
};

}  // namespace fakes
