#include "network/discovery.h"

#include <bit>
#include <utility>

#include "network/apply.h"
#include "network/candidates.h"
#include "network/finder.h"
#include "sys/stream.h"
#include "sys/text.h"

namespace network {
namespace {

constexpr sys::Duration start_spread = std::chrono::milliseconds(100);  // a thousand nodes do not ask in one moment
constexpr unsigned first_report = 4;      // rounds: a healthy front end has answered by then
constexpr unsigned report_interval = 32;  // rounds, once reports would be further apart
constexpr std::size_t most_others = 16;

bool same_offer(const Answer& a, const Answer& b) {
  return a.link.index == b.link.index && a.server == b.server && a.address == b.address;
}

// Rounds 4, 8, 16, 32, then every 32nd: what a thousand consoles can bear.
bool worth_reporting(unsigned round) {
  return round >= first_report && (std::has_single_bit(round) || round % report_interval == 0);
}

}  // namespace

struct Discovery::State {
  sys::Loop& loop;
  sys::Links& links;
  sys::Log& log;
  const std::function<std::uint64_t()> random;
  const DiscoveryOptions options;
  Candidates candidates;
  sys::Backoff backoff;
  sys::Timer timer;  // of the next round; of finish() when there is a result
  std::unique_ptr<Finder> finder;
  std::function<void(const Found&)> found;

  sys::Instant due;  // when the timer fires
  unsigned rounds = 0;
  bool watching = false;  // the links' changes
  bool loopback = false;  // is up and has its address
  std::string list_problem;
  std::string apply_problem;
  std::optional<Answer> winner;
  std::optional<Found> result;  // of winner

  State(sys::Loop& the_loop, sys::Links& the_links, sys::Packets& packets, sys::Log& the_log,
        std::function<std::uint64_t()> the_random, DiscoveryOptions the_options)
      : loop(the_loop),
        links(the_links),
        log(the_log),
        random(std::move(the_random)),
        options(std::move(the_options)),
        candidates(links, options.interfaces),
        backoff(options.backoff, random),
        timer(loop),
        finder(make_finder(options.method, {loop, packets, log, options, [this](auto answers) { take(answers); }})) {}

  ~State() {
    if (finder) stop_asking();
  }

  sys::Duration jitter() { return sys::Duration(random() % static_cast<std::uint64_t>(start_spread.count())); }

  void schedule(sys::Duration delay) {
    due = loop.clock().now() + delay;
    timer.set(delay, [this] { round(); });
  }

  // A link can be used now: no need to wait for the next try.
  void ask_soon() {
    backoff.reset();
    if (timer.pending() && due <= loop.clock().now() + start_spread) return;
    schedule(jitter());
  }

  void round() {
    look();
    auto known = finder->ask(candidates.all());
    schedule(backoff.next());
    take(known);
    if (!result && worth_reporting(++rounds)) log.warning("network: ", trouble());
  }

  // Reads the links and brings them up; true when one can be used that could not before.
  bool look() {
    if (!watching) watch_changes();
    auto list = links.list();
    list_problem = list ? "" : list.error().text();
    if (!list) return false;
    if (!loopback) bring_loopback_up(*list);
    return candidates.update(*list);
  }

  // Without it the rounds still see what changes, later; it is tried again in each.
  void watch_changes() {
    watching = links.on_change(loop, [this] { on_change(); }).has_value();
  }

  void on_change() {
    if (!result && look()) ask_soon();
  }

  void bring_loopback_up(const std::vector<sys::Link>& list) {
    auto raised = raise_loopback(list, links);
    loopback = raised.has_value();
    if (!raised && rounds == 0) log.warning("network: ", raised.error().text(), "; going on without loopback");
  }

  // The first that can be used wins.
  void take(const std::vector<Answer>& answers) {
    for (const Answer& answer : answers) {
      if (result) {
        note(answer);
      } else {
        try_answer(answer);
      }
    }
  }

  void try_answer(const Answer& answer) {
    Found candidate = completed(answer, options);
    auto applied = apply(candidate, answer, links, log);
    if (!applied) return report_apply_problem(sys::cat(answer.origin, ": ", applied.error().text()));
    apply_problem.clear();
    candidate.requests = finder->requests();
    winner = answer;
    result = std::move(candidate);
    timer.set(sys::Duration(0), [this] { finish(); });
  }

  void report_apply_problem(std::string problem) {
    if (problem != apply_problem) log.warning("network: ", problem, "; trying again");
    apply_problem = std::move(problem);
  }

  void note(const Answer& other) {
    if (same_offer(other, *winner) || result->others.size() >= most_others) return;
    result->others.push_back(sys::cat(other.origin, " ignored: it offers ", sys::format_ip(other.address), ", but ",
                                      sys::format_ip(winner->address), " by ", winner->origin, " was first"));
  }

  void stop_asking() {
    finder.reset();
    timer.cancel();
    // Ending it cannot fail.
    (void)links.on_change(loop, nullptr);
  }

  void finish() {
    stop_asking();
    const auto tell = std::move(found);
    const Found outcome = *result;
    tell(outcome);  // last: it may well destroy us
  }

  std::string trouble() {
    if (result) return "";
    if (!list_problem.empty()) return list_problem;
    if (candidates.all().empty()) return candidates.absence();
    std::string text = finder->trouble(candidates.names());
    if (!apply_problem.empty()) text = apply_problem;
    const std::string problems = candidates.problems();
    return problems.empty() ? text : sys::cat(text, " (", problems, ")");
  }
};

Discovery::Discovery(sys::Loop& loop, sys::Links& links, sys::Packets& packets, sys::Log& log,
                     std::function<std::uint64_t()> random, DiscoveryOptions options)
    : state_(std::make_unique<State>(loop, links, packets, log, std::move(random), std::move(options))) {}

Discovery::~Discovery() = default;

void Discovery::start(std::function<void(const Found&)> found) {
  state_->found = std::move(found);
  state_->look();
  state_->schedule(state_->jitter());
}

std::string Discovery::trouble() const { return state_->trouble(); }

}  // namespace network
