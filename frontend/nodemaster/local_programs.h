// Programs that run on the front end for nodes: hooks and `run` steps of the plan. A bounded number runs at once, those of one
// node one after the other, in the order in which they were asked for; whoever has waited longest comes first. Each
// has a time limit, at which it is killed with all of its process group. What one has left running in its group goes on
// when it has succeeded (a daemon that it was to start), and is ended when it has not.
//
//   start() --> waiting --its turn: began--> running --ended--> done
//                  |                            |
//                  +-------- cancel() ----------+--> gone
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sys/children.h"
#include "sys/loop.h"
#include "sys/result.h"
#include "sys/spawn.h"
#include "transport/messages.h"

namespace frontend {

struct LocalProgram {
  transport::NodeNumber node = transport::no_node;
  std::string title;                 // "n3: hook 10-dns"
  std::vector<std::string> command;  // absolute path first
  std::vector<std::string> environment;
  std::string input;  // on its stdin
  sys::Duration limit{};
  // From the loop, and not after cancel().
  std::function<void()> began = [] {};
  std::function<void(std::string_view)> line = [](std::string_view) {};  // that it prints
};

class LocalPrograms {
 public:
  using Id = std::uint64_t;
  // "exit status 3: no such zone" is an error: what it ended with, and the last line that it has printed.
  using Done = std::function<void(sys::Status)>;
  static constexpr std::size_t default_at_once = 16;
  static constexpr std::size_t max_lines = 200;  // of one program

  LocalPrograms(sys::Loop& loop, sys::Spawner& spawner, sys::Children& children);
  ~LocalPrograms();
  LocalPrograms(const LocalPrograms&) = delete;
  LocalPrograms& operator=(const LocalPrograms&) = delete;

  // For those that start from now on; at least 1.
  void set_at_once(std::size_t at_once);
  // Calls `done` from the loop, once.
  Id start(LocalProgram program, Done done);
  // Takes its place away from one that waits, and kills one that runs; `done` is not called any more.
  void cancel(Id id);
  std::size_t running() const { return running_.size(); }
  std::size_t waiting() const { return waiting_.size(); }

  struct Left {
    std::vector<std::string> killed;   // titles
    std::vector<std::string> dropped;  // those that had not begun
  };
  // Ends all of them; nobody is told but the caller.
  Left end();

 private:
  struct Waiting {
    Id id;
    LocalProgram program;
    Done done;
  };
  struct Running;

  void start_next();
  void run(Waiting next);
  bool is_busy(transport::NodeNumber node) const;
  void on_line(Id id, std::string_view line);
  void on_limit(Id id);
  void on_ended(Id id, const sys::Exit& exit);

  sys::Loop& loop_;
  sys::Spawner& spawner_;
  sys::Children& children_;
  std::size_t at_once_ = default_at_once;
  Id next_id_ = 1;
  std::list<Waiting> waiting_;
  std::map<Id, std::unique_ptr<Running>> running_;
  sys::Timer turn_;  // starts what can start
};

}  // namespace frontend
