#include "nodeinit/cache_trim.h"

#include <algorithm>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "content/known_files.h"
#include "process/placement.h"
#include "sys/text.h"

namespace node {
namespace {

using Victims = std::vector<content::Cache::Victim>;

constexpr char removed = 'y', not_removed = 'n';  // of each victim; behind them what went wrong first

int remove_all(sys::Files& files, const Victims& victims, sys::WorkerOutput& output) {
  const auto known = content::known_to_steps(files);
  const auto spared = [&known](const sys::FileFacts& facts) { return known.contains({facts.filesystem, facts.inode}); };
  std::string trouble;
  for (const auto& victim : victims) {
    const auto status = process::remove_placed(files, {victim.hash, victim.path, victim.inode, victim.places}, spared);
    if (!status && trouble.empty()) trouble = status.error().text();
    if (!output.write(status ? &removed : &not_removed, 1)) return 1;
  }
  static_cast<void>(output.write(trouble.data(), trouble.size()));
  return trouble.empty() ? 0 : 1;
}

}  // namespace

CacheTrim::CacheTrim(sys::Workers& workers, sys::Files& files, content::Cache& cache, sys::Log& log, TrimHooks hooks)
    : workers_(workers), files_(files), cache_(cache), log_(log), hooks_(std::move(hooks)) {
  cache_.on_released([this] { consider(); });
}

void CacheTrim::consider() {
  if (under_way_ || !hooks_.may_begin() || cache_.bytes_held() <= limit_) return;
  auto victims = cache_.evict(limit_, hooks_.in_force());
  if (victims.empty()) return;
  try {
    begin(std::move(victims));
  } catch (const std::bad_alloc&) {
    cache_.evicted({});  // later, then
    throw;
  }
}

void CacheTrim::begin(Victims victims) {
  log_.debug("cache: ", victims.size(), " contents that nothing uses are removed");
  const auto all = std::make_shared<const Victims>(std::move(victims));
  sys::WorkerSpec spec{.name = "trim cache", .deadline = deadline};
  spec.work = [this, all](sys::WorkerOutput& output) { return remove_all(files_, *all, output); };
  const auto started =
      workers_.start(std::move(spec), [this, all](const sys::WorkerResult& result) { on_done(*all, result); });
  under_way_ = started.has_value();
  if (started) return;
  log_.warning("cache not trimmed: ", started.error().text());
  cache_.evicted({});
}

void CacheTrim::on_done(const Victims& victims, const sys::WorkerResult& result) {
  under_way_ = false;
  const std::string_view said(reinterpret_cast<const char*>(result.output.data()), result.output.size());
  std::set<transport::ContentHash> gone;
  for (std::size_t i = 0; i < std::min(victims.size(), said.size()); ++i)
    if (said[i] == removed) gone.insert(victims[i].hash);
  if (!result.succeeded()) {
    const std::string_view trouble = said.substr(std::min(victims.size(), said.size()));
    log_.warning("cache not trimmed as it should: ",
                 trouble.empty() ? std::string("its worker did not end well") : sys::printable(trouble));
  }
  cache_.evicted(gone);
  hooks_.done();
  // What could not be removed would fail again at once.
  if (gone.size() == victims.size()) consider();
}

std::optional<std::uint64_t> memory_size(sys::Files& files) {
  const auto text = files.read("/proc/meminfo", 64u << 10);
  if (!text) return std::nullopt;
  constexpr std::string_view key = "MemTotal:";
  for (const std::string_view line : sys::split(*text, '\n')) {
    if (!line.starts_with(key) || !line.ends_with(" kB")) continue;
    const auto kib = sys::parse_number(sys::trim(line.substr(key.size(), line.size() - key.size() - 3)), 1, 1ull << 50);
    if (kib) return *kib * 1024;
  }
  return std::nullopt;
}

}  // namespace node
