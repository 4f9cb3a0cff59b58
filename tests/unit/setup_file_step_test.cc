// Files, trees and the content that is moved to its place.
#include "tests/unit/setup_fixture.h"

using namespace setup;
using Node = StepNode;

TEST_CASE("a file is replaced when its content, its owner or its mode differs") {
  Node node;
  node.files.put(file_path, "TEXT");
  REQUIRE(both_turns(file_step, node));
  CHECK(node.files.content(file_path) == "text");
  CHECK(node.facts(file_path).mode == 0640);
  CHECK(node.facts(file_path).uid == 1);

  const auto outcome = both_turns(as(file_step, 0600), node);
  REQUIRE(outcome);
  CHECK(outcome->changed);
  CHECK(node.facts(file_path).mode == 0600);
}

TEST_CASE("a file that a user has put there, with the right content, is not the file that root has then") {
  const auto job = transport::one_file("/tmp/job.sh", fakes::content_of("text"), 0755);
  const std::string path = "/tmp/job.sh";
  for (const sys::Ownership& theirs : {sys::Ownership{1000, 1000, 0755}, sys::Ownership{0, 0, 0666}}) {
    CAPTURE(theirs.uid);
    Node node;
    node.files.put(path, "text");
    REQUIRE(node.files.set_owner(path, theirs));
    const auto planted = node.facts(path).inode;  // what they may have open
    REQUIRE(both_turns(job, node));
    const auto ours = node.facts(path);
    CHECK(ours.inode != planted);
    CHECK(ours.uid == 0);
    CHECK(ours.mode == 0755);
    CHECK_FALSE(both_turns(job, node)->changed);
    CHECK(node.facts(path).inode == ours.inode);
  }
}

TEST_CASE("a tree is made with its directories, links, times and what stands in the plan, and only what differs") {
  transport::FileStep tree;
  tree.entries = {{"/t", transport::DirectoryMark{}, 0750, 3, 4, 0},
                  {"/t/a", fakes::content_of("text"), 0600, 0, 0, 1'700'000'000'123'456'789},
                  {"/t/b", transport::TextContent{"inside"}, 0644, 0, 0, 0},
                  {"/t/l", transport::LinkTarget{"a"}, 0777, 0, 0, 5}};
  Node node;
  const auto all = survey(tree, node.system, node.nothing_known);
  REQUIRE(all);
  CHECK(*all == Entries{0, 1, 2, 3});
  REQUIRE(both_turns(tree, node));
  CHECK(node.facts("/t").mode == 0750);
  CHECK(node.facts("/t").uid == 3);
  CHECK(node.files.content("/t/a") == "text");
  CHECK(node.facts("/t/a").modified_ns == 1'700'000'000'123'456'789);
  CHECK(node.files.content("/t/b") == "inside");
  CHECK(node.files.read_link("/t/l").value() == "a");
  CHECK(survey(tree, node.system, node.nothing_known)->empty());

  tree.entries[2].what = transport::TextContent{"another"};
  CHECK(*survey(tree, node.system, node.nothing_known) == Entries{2});
  REQUIRE(node.files.set_modified("/t/a", 1));
  CHECK(*survey(tree, node.system, node.nothing_known) == Entries{1, 2});
  REQUIRE(node.files.remove("/t/l"));
  node.files.put_directory("/t/l");
  CHECK_FALSE(survey(tree, node.system, node.nothing_known));
}

TEST_CASE("content that nobody else needs is moved to its place, for the last that wants it") {
  for (const bool spare : {false, true}) {
    Node node;
    transport::FileStep twice;
    twice.entries = {{"/a", fakes::content_of("text"), 0600, 1, 2, 0},
                     {"/b", fakes::content_of("text"), 0644, 0, 0, 0}};
    REQUIRE(both_turns(twice, node, spare));
    CHECK(node.files.content("/a") == "text");
    CHECK(node.files.content("/b") == "text");
    CHECK(node.facts("/a").uid == 1);
    CHECK(node.files.exists(cached) != spare);
  }
}

TEST_CASE("content that a program has been placed from stays in the cache, and the program's file is no other") {
  Node node;
  REQUIRE(node.files.hard_link(cached, "/prog"));
  const auto step = transport::one_file("/etc/prog", fakes::content_of("text"), 0644);
  REQUIRE(both_turns(step, node, true));
  CHECK(node.files.exists(cached));
  CHECK(node.files.content("/etc/prog") == "text");
  CHECK(
      survey(transport::one_file("/prog", fakes::content_of("text"), 0644), node.system, node.nothing_known)->empty());
}

TEST_CASE("a directory of a tree may be a link of root's to one") {
  Node node;
  node.files.put_directory("/usr/lib");
  node.files.put_link("/lib", "usr/lib");
  transport::FileStep tree;
  tree.entries = {{"/lib", transport::DirectoryMark{}, 0755, 0, 0, 0},
                  {"/lib/a", transport::TextContent{"x"}, 0644, 0, 0, 0}};
  REQUIRE(both_turns(tree, node));
  CHECK(node.files.content("/usr/lib/a") == "x");
}

TEST_CASE("a file of another size is replaced, unread") {
  for (const char* older : {"", "te", "text and more"}) {
    Node node;
    node.files.put(file_path, older);
    REQUIRE(both_turns(file_step, node));
    CHECK(node.files.content(file_path) == "text");
    CHECK(node.faults.count("read") == 0);
  }
}

TEST_CASE("a file takes the place of a link, not of what the link leads to") {
  Node node;
  node.files.put("/other", "other");
  node.files.put_directory("/etc");
  node.files.put_link(file_path, "/other");
  REQUIRE(both_turns(file_step, node));
  CHECK(node.facts(file_path).kind == sys::FileKind::regular);
  CHECK(node.files.content("/other") == "other");
}

TEST_CASE("a file that has other names gets one of its own rather than another owner") {
  Node node;
  node.files.put("/other", "text", 0755);
  node.files.put_directory("/etc");
  REQUIRE(node.files.hard_link("/other", file_path));
  REQUIRE(both_turns(file_step, node));
  CHECK(node.facts("/other").mode == 0755);
  CHECK(node.facts(file_path).mode == 0640);
  CHECK(node.files.content(file_path) == "text");
}
