#include "frontend/nodectl/contact_news.h"

#include <doctest/doctest.h>

#include <vector>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_loop.h"

namespace {

struct News {
  fakes::Faults faults;
  fakes::FakeClock clock{faults};
  fakes::FakeLoop loop{clock, faults};
  std::vector<std::string> said;
  frontend::ContactNews news{loop, [this](const std::string& text) { said.push_back(text); }};

  std::vector<std::string> a_moment_later() {
    loop.advance(frontend::ContactNews::moment);
    return std::exchange(said, {});
  }
};
using Said = std::vector<std::string>;

}  // namespace

TEST_CASE("contact: nodes that are lost for one reason are named together, and so are those that are back") {
  News at;
  for (const transport::NodeNumber node : {2u, 0u, 1u})
    at.news.on_away(node, "silent");
  at.news.on_away(7, "power cut");
  CHECK(at.said.empty());
  CHECK(at.a_moment_later() == Said{"no contact with node 7 (power cut); what runs there may go on",
                                    "no contact with nodes 0-2 (silent); what runs there may go on"});
  at.news.on_back(0);
  at.news.on_back(1);
  CHECK(at.a_moment_later() == Said{"contact with nodes 0-1 again"});
  CHECK(at.a_moment_later().empty());
}

TEST_CASE("contact: who is back within a moment was never away") {
  News at;
  at.news.on_away(3, "not back yet");
  at.news.on_back(3);
  CHECK(at.a_moment_later().empty());
}

TEST_CASE("contact: nobody hears of a node whose process is over") {
  News at;
  at.news.on_away(3, "silent");
  at.a_moment_later();
  at.news.on_over(3);
  at.news.on_back(3);
  CHECK(at.a_moment_later().empty());
}
