#include "network/candidates.h"

#include <algorithm>
#include <utility>

#include "sys/text.h"

namespace network {
namespace {

std::string listed(const std::vector<std::string>& items, std::string_view separator) {
  std::string text;
  for (const std::string& item : items) {
    if (!text.empty()) text += separator;
    text += item;
  }
  return text;
}

}  // namespace

Candidates::Candidates(sys::Links& links, std::vector<std::string> wanted)
    : links_(links), wanted_(std::move(wanted)), missing_(wanted_) {}

std::vector<const sys::Link*> Candidates::choose(const std::vector<sys::Link>& found) {
  std::vector<const sys::Link*> chosen;
  missing_.clear();
  if (wanted_.empty()) {
    for (const sys::Link& link : found) {
      if (link.ethernet && !link.loopback) chosen.push_back(&link);
    }
  }
  for (const std::string& name : wanted_) {
    auto named = std::find_if(found.begin(), found.end(), [&](const sys::Link& link) { return link.name == name; });
    if (named == found.end()) {
      missing_.push_back(name);
    } else {
      chosen.push_back(&*named);
    }
  }
  return chosen;
}

bool Candidates::adopt(const sys::Link& link, const Candidate* before) {
  Candidate now{.link = link};
  if (before != nullptr) now.ask_problem = before->ask_problem;
  if (!link.up) {
    auto raised = links_.set_up(link.index);
    now.link_problem = raised ? "coming up" : raised.error().text();
  } else if (!link.carrier) {
    now.link_problem = "no carrier";
  }
  const bool could = before != nullptr && before->link_problem.empty();
  const bool can = now.link_problem.empty();
  candidates_.push_back(std::move(now));
  return can && !could;
}

bool Candidates::update(const std::vector<sys::Link>& found) {
  const std::vector<Candidate> before = std::exchange(candidates_, {});
  bool worth_asking = false;
  for (const sys::Link* link : choose(found)) {
    auto same = std::find_if(before.begin(), before.end(),
                             [&](const Candidate& candidate) { return candidate.link.index == link->index; });
    if (adopt(*link, same == before.end() ? nullptr : &*same)) worth_asking = true;
  }
  return worth_asking;
}

std::string Candidates::names() const {
  std::vector<std::string> names;
  for (const Candidate& candidate : candidates_)
    names.push_back(candidate.link.name);
  return listed(names, ", ");
}

std::string Candidates::problems() const {
  std::vector<std::string> problems;
  for (const Candidate& candidate : candidates_) {
    const std::string& problem = candidate.link_problem.empty() ? candidate.ask_problem : candidate.link_problem;
    if (!problem.empty()) problems.push_back(sys::cat(candidate.link.name, ": ", problem));
  }
  for (const std::string& name : missing_)
    problems.push_back(sys::cat(name, ": does not exist"));
  return listed(problems, "; ");
}

std::string Candidates::absence() const {
  if (wanted_.empty()) return "there is no Ethernet link: is the driver's module in the image?";
  return sys::cat("no link is called ", listed(wanted_, " or "),
                  ": is the name right, and the driver's module in the image?");
}

}  // namespace network
