// What the caller of a run hears of nodes that go out of reach and come back: nodes together, since it may be a thousand at
// once, and only what holds for a moment, since nodes that follow a restarted nodemaster come back one by one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "sys/loop.h"
#include "transport/messages.h"

namespace frontend {

class ContactNews {
 public:
  static constexpr sys::Duration moment = std::chrono::seconds(1);
  using Say = std::function<void(const std::string& text)>;

  ContactNews(sys::Loop& loop, Say say) : say_(std::move(say)), tell_(loop) {}

  void on_away(transport::NodeNumber node, const std::string& reason);
  void on_back(transport::NodeNumber node);
  // Its process is over: nobody is interested any more.
  void on_over(transport::NodeNumber node);

 private:
  void tell();

  Say say_;
  std::map<transport::NodeNumber, std::string> away_;  // why
  std::set<transport::NodeNumber> told_;               // that they are away
  sys::Timer tell_;
};

}  // namespace frontend
