#include "tests/fakes/fake_files.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "sys/path.h"
#include "sys/text.h"

namespace fakes {

namespace {

constexpr int most_links = 40;  // as the kernel

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string below(std::string_view directory, std::string_view name) {
  return directory == "/" ? sys::cat("/", name) : sys::cat(directory, "/", name);
}

}  // namespace

class FakeFiles::Sink final : public sys::FileSink {
 public:
  Sink(FakeFiles& files, std::string path, std::uint32_t mode) : files_(files), path_(std::move(path)), mode_(mode) {}

  sys::Status append(std::span<const std::byte> piece) override {
    if (auto status = files_.faults_.check(sys::cat("append to ", path_)); !status) return status;
    content_ += text_of(piece);
    return {};
  }
  sys::Status finish() override {
    const std::string what = sys::cat("finish ", path_);
    if (auto status = files_.faults_.check(what); !status) return status;
    return files_.put_in_place(path_, {.owner = {.mode = mode_}, .content = std::move(content_)}, what);
  }

 private:
  FakeFiles& files_;
  std::string path_;
  std::uint32_t mode_;
  std::string content_;
};

FakeFiles::FakeFiles(Faults& faults) : faults_(faults) {
  nodes_["/"] = numbered({.kind = sys::FileKind::directory, .owner = {.mode = 0755}});
}

FakeFiles::NodePointer FakeFiles::numbered(Node node) {
  node.inode = next_inode_++;
  node.modified_ns = static_cast<std::int64_t>(node.inode) * 1'000'000'000;
  touch(node);
  return std::make_shared<Node>(std::move(node));
}

sys::Result<std::string> FakeFiles::resolve(const std::string& path, bool follow, const std::string& what) const {
  if (const auto fault = sys::path_fault(path); !fault.empty())
    return sys::refusal(sys::cat(what, ": the path ", fault));
  std::string real = "/";
  std::string rest = path.substr(1);
  for (int links = 0; !rest.empty();) {
    const auto slash = rest.find('/');
    const std::string name = rest.substr(0, slash);
    rest = slash == std::string::npos ? "" : rest.substr(slash + 1);
    if (name.empty() || name == ".") continue;
    const auto here = nodes_.find(real);
    if (here == nodes_.end()) return sys::failure(ENOENT, what);
    if (here->second->kind != sys::FileKind::directory) return sys::failure(ENOTDIR, what);
    const std::string next = name == ".." ? std::string(sys::parent_of(real)) : below(real, name);
    const auto found = nodes_.find(next);
    const bool is_link = found != nodes_.end() && found->second->kind == sys::FileKind::link;
    if (!is_link || (rest.empty() && !follow)) {
      real = next;
      continue;
    }
    if (++links > most_links) return sys::failure(ELOOP, what);
    if (const auto uid = found->second->owner.uid; uid != 0)
      return sys::refusal(sys::cat(what, ": ", next, " is a link that uid ", uid, " has made"));
    const std::string& target = found->second->content;
    rest = rest.empty() ? target : sys::cat(target, "/", rest);
    if (target.front() == '/') real = "/";
  }
  return real;
}

sys::Result<FakeFiles::NodePointer> FakeFiles::find(const std::string& path, bool follow,
                                                    const std::string& what) const {
  auto real = resolve(path, follow, what);
  if (!real) return tl::unexpected(real.error());
  const auto found = nodes_.find(*real);
  if (found == nodes_.end()) return sys::failure(ENOENT, what);
  return found->second;
}

sys::Status FakeFiles::add(const std::string& path, Node node, const std::string& what) {
  auto real = resolve(path, false, what);
  if (!real) return tl::unexpected(real.error());
  if (nodes_.count(*real) != 0) return sys::failure(EEXIST, what);
  nodes_[*real] = numbered(std::move(node));
  return {};
}

sys::Status FakeFiles::put_in_place(const std::string& path, Node node, const std::string& what) {
  auto real = resolve(path, false, what);
  if (!real) return tl::unexpected(real.error());
  const auto found = nodes_.find(*real);
  if (found != nodes_.end() && found->second->kind == sys::FileKind::directory) return sys::failure(EISDIR, what);
  nodes_[*real] = numbered(std::move(node));
  return {};
}

bool FakeFiles::has_children(const std::string& real) const {
  const std::string prefix = below(real, "");
  const auto next = nodes_.upper_bound(prefix);
  return next != nodes_.end() && next->first.starts_with(prefix);
}

std::uint64_t FakeFiles::filesystem_of(const std::string& real) const {
  std::uint64_t id = 1;
  std::size_t longest = 0;
  for (const auto& [mount, mount_id] : filesystems_) {
    if (!sys::is_within(real, mount) || mount.size() < longest) continue;
    longest = mount.size();
    id = mount_id;
  }
  return id;
}

sys::Result<std::unique_ptr<sys::FileSink>> FakeFiles::create(const std::string& path, std::uint32_t mode) {
  const std::string what = sys::cat("create ", path);
  if (auto status = faults_.check(what); !status) return tl::unexpected(status.error());
  auto real = resolve(path, false, what);
  if (!real) return tl::unexpected(real.error());
  return std::make_unique<Sink>(*this, path, mode);
}

std::uint64_t FakeFiles::names_of(const Node& node) const {
  return static_cast<std::uint64_t>(
      std::count_if(nodes_.begin(), nodes_.end(), [&](const auto& entry) { return entry.second.get() == &node; }));
}

sys::Result<std::optional<sys::FileFacts>> FakeFiles::facts(const std::string& path) {
  return look_at(path, false, sys::cat("look at ", path));
}

sys::Result<std::optional<sys::FileFacts>> FakeFiles::facts_through(const std::string& path) {
  return look_at(path, true, sys::cat("look at ", path));
}

sys::Result<std::optional<sys::FileFacts>> FakeFiles::look_at(const std::string& path, bool follow,
                                                              const std::string& what) {
  if (auto status = faults_.check(what); !status) return tl::unexpected(status.error());
  const auto real = resolve(path, follow, what);
  if (!real && real.error().code != ENOENT && real.error().code != ENOTDIR) return tl::unexpected(real.error());
  const auto found = real ? nodes_.find(*real) : nodes_.end();
  if (found == nodes_.end()) return std::nullopt;
  const Node& node = *found->second;
  return sys::FileFacts{.kind = node.kind,
                        .mode = node.owner.mode,
                        .uid = node.owner.uid,
                        .gid = node.owner.gid,
                        .size = node.content.size(),
                        .filesystem = filesystem_of(*real),
                        .inode = node.inode,
                        .modified_ns = node.modified_ns,
                        .changed_ns = node.changed_ns,
                        .device_major = node.major,
                        .device_minor = node.minor,
                        .links = names_of(node)};
}

sys::Result<std::string> FakeFiles::read(const std::string& path, std::size_t limit) {
  const std::string what = sys::cat("read ", path);
  if (auto status = faults_.check(what); !status) return tl::unexpected(status.error());
  auto node = find(path, true, what);
  if (!node) return tl::unexpected(node.error());
  if ((*node)->kind == sys::FileKind::directory) return sys::failure(EISDIR, what);
  if ((*node)->kind != sys::FileKind::regular) return sys::refusal(sys::cat(what, ": not a regular file"));
  if ((*node)->content.size() > limit) return sys::failure(EFBIG, what);
  return (*node)->content;
}

sys::Status FakeFiles::read_pieces(const std::string& path,
                                   const std::function<void(std::span<const std::byte>)>& take) {
  const auto text = read(path, std::string::npos);
  if (!text) return tl::unexpected(text.error());
  const auto bytes = std::as_bytes(std::span(*text));
  take(bytes.first(bytes.size() / 2));
  take(bytes.subspan(bytes.size() / 2));
  return {};
}

sys::Result<std::string> FakeFiles::read_link(const std::string& path) {
  const std::string what = sys::cat("read link ", path);
  if (auto status = faults_.check(what); !status) return tl::unexpected(status.error());
  auto node = find(path, false, what);
  if (!node) return tl::unexpected(node.error());
  if ((*node)->kind != sys::FileKind::link) return sys::failure(EINVAL, what);
  return (*node)->content;
}

sys::Result<std::vector<std::string>> FakeFiles::list(const std::string& path) {
  const std::string what = sys::cat("list ", path);
  if (auto status = faults_.check(what); !status) return tl::unexpected(status.error());
  auto real = resolve(path, true, what);
  if (!real) return tl::unexpected(real.error());
  const auto directory = nodes_.find(*real);
  if (directory == nodes_.end()) return sys::failure(ENOENT, what);
  if (directory->second->kind != sys::FileKind::directory) return sys::failure(ENOTDIR, what);
  std::vector<std::string> names;
  for (const auto& [child, node] : nodes_)
    if (child != "/" && sys::parent_of(child) == *real) names.emplace_back(sys::name_in(child));
  return names;
}

sys::Status FakeFiles::replace(const std::string& path, std::span<const std::byte> bytes, sys::Ownership owner) {
  const std::string what = sys::cat("replace ", path);
  if (auto status = faults_.check(what); !status) return status;
  return put_in_place(path, {.owner = owner, .content = text_of(bytes)}, what);
}

sys::Status FakeFiles::copy(const std::string& from, const std::string& to, sys::Ownership owner) {
  const std::string what = sys::cat("copy ", from, " to ", to);
  if (auto status = faults_.check(what); !status) return status;
  auto source = find(from, true, what);
  if (!source) return tl::unexpected(source.error());
  if ((*source)->kind != sys::FileKind::regular) return sys::refusal(sys::cat(what, ": not a regular file"));
  return put_in_place(to, {.owner = owner, .content = (*source)->content}, what);
}

sys::Status FakeFiles::write(const std::string& path, std::string_view bytes) {
  const std::string what = sys::cat("write ", path);
  if (auto status = faults_.check(what); !status) return status;
  auto node = find(path, true, what);
  if (!node) return tl::unexpected(node.error());
  if ((*node)->kind == sys::FileKind::directory) return sys::failure(EISDIR, what);
  (*node)->content = bytes;
  touch(**node);
  return {};
}

sys::Status FakeFiles::make_directory(const std::string& path, sys::Ownership owner) {
  const std::string what = sys::cat("make directory ", path);
  if (auto status = faults_.check(what); !status) return status;
  return add(path, {.kind = sys::FileKind::directory, .owner = owner}, what);
}

sys::Status FakeFiles::make_directories(const std::string& path) {
  const std::string what = sys::cat("make directories ", path);
  if (auto status = faults_.check(what); !status) return status;
  for (std::size_t end = 0; end < path.size();) {
    end = std::min(path.find('/', end + 1), path.size());
    const std::string above = path.substr(0, end);
    auto node = find(above, true, what);
    if (!node && node.error().code != ENOENT && node.error().code != ENOTDIR) return tl::unexpected(node.error());
    if (node && (*node)->kind != sys::FileKind::directory) return sys::failure(ENOTDIR, what);
    if (node) continue;
    auto made = add(above, {.kind = sys::FileKind::directory, .owner = {.mode = 0755}}, what);
    if (!made) return made;
  }
  return {};
}

sys::Status FakeFiles::make_device(const std::string& path, sys::FileKind kind, std::uint32_t major,
                                   std::uint32_t minor, sys::Ownership owner) {
  const std::string what = sys::cat("make device ", path);
  if (auto status = faults_.check(what); !status) return status;
  return add(path, {.kind = kind, .owner = owner, .major = major, .minor = minor}, what);
}

sys::Status FakeFiles::make_link(const std::string& target, const std::string& path) {
  const std::string what = sys::cat("make link ", path);
  if (auto status = faults_.check(what); !status) return status;
  if (target.empty()) return sys::failure(ENOENT, what);
  return add(path, {.kind = sys::FileKind::link, .owner = {.mode = 0777}, .content = target}, what);
}

sys::Status FakeFiles::hard_link(const std::string& existing, const std::string& path) {
  const std::string what = sys::cat("link ", existing, " as ", path);
  if (auto status = faults_.check(what); !status) return status;
  auto from = resolve(existing, false, what);
  if (!from) return tl::unexpected(from.error());
  auto to = resolve(path, false, what);
  if (!to) return tl::unexpected(to.error());
  const auto node = nodes_.find(*from);
  if (node == nodes_.end()) return sys::failure(ENOENT, what);
  if (node->second->kind == sys::FileKind::directory) return sys::failure(EPERM, what);
  if (filesystem_of(*from) != filesystem_of(*to)) return sys::failure(EXDEV, what);
  if (!nodes_.emplace(*to, node->second).second) return sys::failure(EEXIST, what);
  return {};
}

sys::Status FakeFiles::rename(const std::string& from, const std::string& to) {
  const std::string what = sys::cat("rename ", from, " to ", to);
  if (auto status = faults_.check(what); !status) return status;
  auto source = resolve(from, false, what);
  if (!source) return tl::unexpected(source.error());
  auto target = resolve(to, false, what);
  if (!target) return tl::unexpected(target.error());
  if (nodes_.count(*source) == 0) return sys::failure(ENOENT, what);
  if (filesystem_of(*source) != filesystem_of(*target)) return sys::failure(EXDEV, what);
  if (has_children(*target)) return sys::failure(ENOTEMPTY, what);
  std::map<std::string, NodePointer> moved;
  for (const auto& [path, node] : nodes_)
    if (sys::is_within(path, *source)) moved[*target + path.substr(source->size())] = node;
  std::erase_if(nodes_, [&](const auto& entry) { return sys::is_within(entry.first, *source); });
  for (const auto& [path, node] : moved)
    nodes_[path] = node;
  return {};
}

sys::Status FakeFiles::set_owner(const std::string& path, sys::Ownership owner) {
  const std::string what = sys::cat("set the owner of ", path);
  if (auto status = faults_.check(what); !status) return status;
  auto node = find(path, false, what);
  if (!node) return tl::unexpected(node.error());
  if (names_of(**node) > 1) return sys::refusal(sys::cat(what, ": it has other names"));
  constexpr std::uint32_t same = ~0u;  // as chown(2) has it
  const sys::Ownership before = (*node)->owner;
  (*node)->owner = {owner.uid == same ? before.uid : owner.uid, owner.gid == same ? before.gid : owner.gid, owner.mode};
  touch(**node);
  return {};
}

sys::Status FakeFiles::set_modified(const std::string& path, std::int64_t since_epoch_ns) {
  const std::string what = sys::cat("set the times of ", path);
  if (auto status = faults_.check(what); !status) return status;
  auto node = find(path, false, what);
  if (!node) return tl::unexpected(node.error());
  (*node)->modified_ns = since_epoch_ns;
  touch(**node);
  return {};
}

sys::Status FakeFiles::remove(const std::string& path) {
  const std::string what = sys::cat("remove ", path);
  if (auto status = faults_.check(what); !status) return status;
  auto real = resolve(path, false, what);
  if (!real) return tl::unexpected(real.error());
  if (nodes_.count(*real) == 0) return sys::failure(ENOENT, what);
  if (has_children(*real)) return sys::failure(ENOTEMPTY, what);
  nodes_.erase(*real);
  return {};
}

void FakeFiles::put(const std::string& path, std::string text, std::uint32_t mode) {
  put_directory(std::string(sys::parent_of(path)));
  nodes_[path] = numbered({.owner = {.mode = mode}, .content = std::move(text)});
}

void FakeFiles::put_directory(const std::string& path) {
  if (nodes_.count(path) != 0) return;
  put_directory(std::string(sys::parent_of(path)));
  nodes_[path] = numbered({.kind = sys::FileKind::directory, .owner = {.mode = 0755}});
}

void FakeFiles::put_link(const std::string& path, const std::string& target, std::uint32_t uid) {
  put_directory(std::string(sys::parent_of(path)));
  nodes_[path] = numbered({.kind = sys::FileKind::link, .owner = {.uid = uid, .mode = 0777}, .content = target});
}

std::string FakeFiles::content(const std::string& path) const {
  const auto node = find(path, true, path);
  return node ? (*node)->content : "";
}

bool FakeFiles::exists(const std::string& path) const { return find(path, false, path).has_value(); }

}  // namespace fakes
