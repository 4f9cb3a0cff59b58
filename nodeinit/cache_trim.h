// Keeps the cache of moved files within its bound: whenever it has grown past it and something in it is not used, a worker
// removes that, least recently used first, with the names that it has been given on the node. A name that a step of the
// plan counts on stays, and with it the memory, which is the plan's then.
//
// What is used stays, whatever the bound: files of processes that run or start, of services in force, and everything while a
// plan is carried out; none is begun while a worker is at work.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <vector>

#include "content/cache.h"
#include "sys/files.h"
#include "sys/log.h"
#include "sys/worker.h"

namespace node {

struct TrimHooks {
  std::function<bool()> may_begin;                             // no plan is being carried out
  std::function<std::set<transport::ContentHash>()> in_force;  // what services need
  std::function<void()> done;                                  // one worker has ended
};

class CacheTrim {
 public:
  static constexpr sys::Duration deadline = std::chrono::seconds(10);

  CacheTrim(sys::Workers& workers, sys::Files& files, content::Cache& cache, sys::Log& log, TrimHooks hooks);

  void set_limit(std::uint64_t bytes) { limit_ = bytes; }
  // Something may have become unused, or a plan is over.
  void consider();
  bool under_way() const { return under_way_; }

 private:
  void begin(std::vector<content::Cache::Victim> victims);
  void on_done(const std::vector<content::Cache::Victim>& victims, const sys::WorkerResult& result);

  sys::Workers& workers_;
  sys::Files& files_;
  content::Cache& cache_;
  sys::Log& log_;
  const TrimHooks hooks_;
  std::uint64_t limit_ = UINT64_MAX;
  bool under_way_ = false;
};

// Of the machine, in bytes; nothing when /proc/meminfo does not say.
std::optional<std::uint64_t> memory_size(sys::Files& files);

}  // namespace node
