#include <doctest/doctest.h>
#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>

#include "crypto/key_file.h"
#include "crypto/primitives.h"
#include "frontend/nodemaster/config_readers.h"
#include "frontend/nodemaster/keygen.h"
#include "nodeinit/pinned_keys.h"
#include "sys/accounts.h"
#include "tests/fakes/fake_files.h"
#include "tests/fakes/fake_machine.h"
#include "tests/unit/temporary_directory.h"

using transport::Protection;

namespace {

const std::string cluster = "[front_end]\ninterface = \"br0\"\naddress = \"10.9.0.1\"\n";

struct Site {
  fakes::Faults faults;
  fakes::FakeFiles files{faults};
  fakes::FakeMachine machine{faults};
  frontend::Problems problems;

  Site() { files.put_directory("/etc"); }
  bool keygen(bool with_cluster_key = true) {
    const auto random = [this](std::span<std::uint8_t> key) { return machine.random_key(key); };
    const auto made = frontend::make_keys(files, random, "/etc/keys", with_cluster_key);
    said = made ? made->report : made.error().text();
    return made.has_value();
  }
  transport::FrontEndKeys load(const std::string& text) {
    files.put("/etc/cluster.toml", text);
    problems = {};
    return frontend::load_configuration(files, "/etc/cluster.toml", problems).keys;
  }
  // A problem that has `reason` in it.
  bool says(std::string_view reason) const {
    for (const auto& problem : problems.sorted()) {
      if (problem.reason.find(reason) != std::string::npos) return true;
    }
    return false;
  }
  // What nodeimage does.
  void put_into_image() {
    files.put_directory("/etc/nodeinit");
    for (const char* name : {crypto::front_end_public_file, crypto::cluster_file}) {
      if (const auto text = files.read(std::string("/etc/keys/") + name, 1000)) {
        files.put(std::string("/etc/nodeinit/") + name, *text);
      }
    }
  }
  std::string said;
};

}  // namespace

TEST_CASE("keygen: makes keys that the front end and its nodes take, and nobody else may read") {
  Site site;
  REQUIRE(site.keygen());
  CHECK(site.files.facts("/etc/keys/front-end.key").value()->mode == 0600);
  CHECK(site.files.facts("/etc/keys/cluster.key").value()->mode == 0600);
  CHECK(site.files.facts("/etc/keys/front-end.pub").value()->mode == 0644);
  const auto keys = site.load(cluster);
  CHECK_FALSE(site.problems.errors());
  CHECK(keys.protection == Protection::nk_psk0);
  CHECK(site.said.find(crypto::format(crypto::fingerprint_of(keys.public_key))) != std::string::npos);

  site.put_into_image();
  const auto pinned = node::read_pinned_keys(site.files, false);
  REQUIRE(pinned);
  CHECK(pinned->protection == Protection::nk_psk0);
  CHECK(pinned->front_end == keys.public_key);
  CHECK(std::ranges::equal(pinned->cluster_key.bytes(), keys.cluster_key.bytes()));
}

TEST_CASE("keygen: overwrites nothing") {
  Site site;
  REQUIRE(site.keygen());
  const auto before = site.files.read("/etc/keys/front-end.key", 1000).value();
  CHECK_FALSE(site.keygen());
  CHECK(site.said.find("move it away") != std::string::npos);
  CHECK(site.files.read("/etc/keys/front-end.key", 1000).value() == before);
}

TEST_CASE("keygen: fails whole at every failure, or makes keys that fit together") {
  for (int n = 1;; ++n) {
    Site site;
    site.faults.fail_at = site.faults.made + n;
    const bool made = site.keygen();
    if (!site.faults.fired()) break;
    CAPTURE(site.said);
    CHECK_FALSE(made);
    CHECK_FALSE(site.files.exists("/etc/keys"));
    REQUIRE(n < 100);
  }
}

TEST_CASE("keygen: takes back what it has made, nothing else, and says so") {
  for (const std::string culprit : {"finish /etc/keys/front-end.key", "finish /etc/keys/cluster.key"}) {
    CAPTURE(culprit);
    Site probe;
    probe.files.put("/etc/keys/notes", "mine");
    REQUIRE(probe.keygen());
    const auto& calls = probe.faults.calls;
    const auto at = std::find(calls.begin(), calls.end(), culprit);
    REQUIRE(at != calls.end());

    Site site;
    site.files.put("/etc/keys/notes", "mine");
    site.faults.fail_at = static_cast<int>(at - calls.begin()) + 1;
    site.faults.code = ENOSPC;
    CHECK_FALSE(site.keygen());
    CHECK(site.said.find("No space left on device") != std::string::npos);
    CHECK(site.said.starts_with("no keys are made"));
    CHECK((site.said.find("is removed again") != std::string::npos) == culprit.ends_with("cluster.key"));
    CHECK(site.files.list("/etc/keys").value() == std::vector<std::string>{"notes"});
  }
}

TEST_CASE("keys: a cluster without a cluster key is one by decision") {
  Site site;
  REQUIRE(site.keygen());
  CHECK(site.said.find("cluster_key") == std::string::npos);
  for (const char* name : {"front-end.key", "front-end.pub", "cluster.key"})
    REQUIRE(site.files.remove(std::string("/etc/keys/") + name));
  REQUIRE(site.keygen(false));
  CHECK(site.said.find("[security] keys = \"/etc/keys\" and cluster_key = false in cluster.toml") != std::string::npos);
  site.load(cluster);
  CHECK(site.says("there is no /etc/keys/cluster.key"));
  const auto keys = site.load(cluster + "[security]\ncluster_key = false\n");
  CHECK_FALSE(site.problems.errors());
  CHECK(site.says("any machine on the nodes' network may join"));
  CHECK(keys.protection == Protection::nk);
  site.put_into_image();
  CHECK(node::read_pinned_keys(site.files, false)->protection == Protection::nk);
}

TEST_CASE("keys: what is wrong with them is said with the file and what to do") {
  Site site;
  site.load(cluster);
  CHECK(site.says("make the keys with 'nodemaster keygen /etc/keys'"));
  REQUIRE(site.keygen());
  REQUIRE(site.files.set_owner("/etc/keys/cluster.key", {0, 0, 0640}));
  site.load(cluster);
  CHECK(site.says("chmod 600 /etc/keys/cluster.key"));
  REQUIRE(site.files.set_owner("/etc/keys/cluster.key", {0, 0, 0600}));
  for (const char* key : {"keys = \"keys\"\n", "cluster_key = true\n", "cluster_key = false\n", ""}) {
    CAPTURE(key);
    site.load("insecure = true\n" + cluster + "[security]\n" + key);
    CHECK(site.says("security: has no place beside insecure = true"));
    CHECK(site.problems.sorted().back().line == 5);
  }
  CHECK(site.load("insecure = true\n" + cluster).protection == Protection::clear);
  CHECK_FALSE(site.problems.errors());

  const auto secret = site.files.read("/etc/keys/front-end.key", 1000).value();
  site.files.put("/etc/keys/front-end.pub", "nodeinit-front-end-public-key " + std::string(64, '2') + "\n");
  site.load(cluster);
  CHECK(site.says("is not of the secret key beside it"));
  site.files.put("/etc/keys/front-end.pub", secret);
  site.load(cluster);
  CHECK(site.says("holds the front end's secret key, not the front end's public key"));
}

TEST_CASE("keys: with half a set keygen is not what helps") {
  const std::string cure = "restore it, or make a new set with 'nodemaster keygen /etc/keys.new'";
  for (const std::string name : {"front-end.key", "cluster.key"}) {
    CAPTURE(name);
    Site site;
    REQUIRE(site.keygen());
    REQUIRE(site.files.remove("/etc/keys/" + name));
    site.load(cluster);
    CHECK(site.says("there is no /etc/keys/" + name + ", but other keys of its set are there: " + cure));
    site.files.put_link("/etc/keys/" + name, "/gone");
    site.load(cluster);
    CHECK(site.says("there is nothing where the link leads: /etc/keys/" + name));
    CHECK(site.says(cure));
  }
  Site site;
  site.files.put_link("/etc/keys/cluster.key", "/gone");
  site.load(cluster);
  CHECK_FALSE(site.says("keygen /etc/keys'"));  // it would refuse
}

TEST_CASE("keys: what is no file is not to be given a file's mode") {
  Site site;
  REQUIRE(site.keygen());
  REQUIRE(site.files.remove("/etc/keys/cluster.key"));
  site.files.put_directory("/etc/keys/cluster.key");
  site.load(cluster);
  CHECK(site.says("/etc/keys/cluster.key is not a regular file: move it away"));
  CHECK_FALSE(site.says("chmod"));
}

TEST_CASE("keys: a directory that others may write to is warned of, by keygen and of the configuration") {
  const std::uint32_t ours = sys::own_user();
  const std::pair<sys::Ownership, const char*> weak[] = {
      {{ours, 0, 0775}, "others than the owner of /etc/keys may put other keys there: chmod go-w /etc/keys"},
      {{ours, 0, 01757}, "others than the owner of /etc/keys"},
      {{ours + 1, 0, 0700}, "/etc/keys belongs to uid "}};
  for (const auto& [owner, reason] : weak) {
    CAPTURE(reason);
    Site site;
    site.files.put_directory("/etc/keys");
    REQUIRE(site.files.set_owner("/etc/keys", owner));
    REQUIRE(site.keygen());
    CHECK(site.said.find(std::string("\nwarning: ") + reason) != std::string::npos);
    site.load(cluster);
    CHECK_FALSE(site.problems.errors());
    CHECK(site.says(reason));
    REQUIRE(site.files.set_owner("/etc/keys", {ours, 0, 0755}));
    site.load(cluster);
    CHECK_FALSE(site.says("may put other keys there"));
  }
}

TEST_CASE("keys: a secret that belongs to somebody else is none") {
  Site site;
  REQUIRE(site.keygen());
  const std::uint32_t ours = sys::own_user();
  for (const char* path : {"/etc/keys/front-end.key", "/etc/keys/cluster.key"}) {
    CAPTURE(path);
    REQUIRE(site.files.set_owner(path, {ours + 1, 0, 0600}));
    site.load(cluster);
    CHECK(site.says(path + (" is a secret and belongs to uid " + std::to_string(ours + 1))));
    REQUIRE(site.files.set_owner(path, {ours, 0, 0600}));
    site.load(cluster);
    CHECK_FALSE(site.problems.errors());
  }
}

TEST_CASE("keys: a link of root's leads to a key, whose own mode and owner count") {
  Site site;
  REQUIRE(site.keygen());
  REQUIRE(site.files.rename("/etc/keys/cluster.key", "/etc/real.key"));
  site.files.put_link("/etc/keys/cluster.key", "../real.key");
  CHECK(site.load(cluster).protection == Protection::nk_psk0);
  CHECK_FALSE(site.problems.errors());
  REQUIRE(site.files.set_owner("/etc/real.key", {0, 0, 0640}));
  site.load(cluster);
  CHECK(site.says("chmod 600 /etc/keys/cluster.key"));
  REQUIRE(site.files.set_owner("/etc/real.key", {sys::own_user() + 1, 0, 0600}));
  site.load(cluster);
  CHECK(site.says("belongs to uid"));
}

TEST_CASE("pinned keys: a node without a key trusts nobody, and a broken key is not an absent one") {
  Site site;
  REQUIRE(site.keygen());
  const auto none = node::read_pinned_keys(site.files, false);
  REQUIRE_FALSE(none);
  CHECK(none.error().what.find("trusts nobody") != std::string::npos);
  CHECK(node::read_pinned_keys(site.files, true)->protection == Protection::clear);

  site.put_into_image();
  CHECK(node::read_pinned_keys(site.files, true)->protection == Protection::nk_psk0);  // the image wins

  site.files.put("/etc/nodeinit/cluster.key", "nodeinit-cluster-key 00\n");
  const auto broken = node::read_pinned_keys(site.files, true);
  REQUIRE_FALSE(broken);
  CHECK(broken.error().what.find("64 hexadecimal digits") != std::string::npos);
  CHECK(broken.error().what.find("00") == std::string::npos);

  REQUIRE(site.files.remove("/etc/nodeinit/front-end.pub"));
  CHECK_FALSE(node::read_pinned_keys(site.files, true));
}

TEST_CASE("pinned keys: a public key with which no secret can be agreed is none") {
  // All of them (RFC 7748 section 6.1, and https://cr.yp.to/ecdh.html#validate): orders 4, 1, 8, 8, 2, and 0, 1 again
  // with the prime added.
  const std::string ones(60, 'f');
  const std::vector<std::string> low_order = {
      std::string(64, '0'),
      "01" + std::string(62, '0'),
      "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
      "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
      "ec" + ones + "7f",
      "ed" + ones + "7f",
      "ee" + ones + "7f",
      "ed" + ones + "ff",  // the topmost bit does not count
  };
  Site site;
  site.files.put_directory("/etc/nodeinit");
  for (const std::string& digits : low_order) {
    CAPTURE(digits);
    site.files.put("/etc/nodeinit/front-end.pub", "nodeinit-front-end-public-key " + digits + "\n");
    const auto pinned = node::read_pinned_keys(site.files, true);
    REQUIRE_FALSE(pinned);
    CHECK(pinned.error().what.find("/etc/nodeinit/front-end.pub: is a key of low order") != std::string::npos);
  }
  site.files.put("/etc/nodeinit/front-end.pub", "nodeinit-front-end-public-key 09" + std::string(62, '0') + "\n");
  CHECK(node::read_pinned_keys(site.files, true));
}

TEST_CASE("pinned keys: a link that leads nowhere is no absent key") {
  Site site;
  REQUIRE(site.keygen());
  site.put_into_image();
  REQUIRE(site.files.remove("/etc/nodeinit/cluster.key"));
  REQUIRE(site.files.make_link("/gone", "/etc/nodeinit/cluster.key"));
  CHECK_FALSE(node::read_pinned_keys(site.files, true));
  REQUIRE(site.files.remove("/etc/nodeinit/front-end.pub"));
  REQUIRE(site.files.make_link("/gone", "/etc/nodeinit/front-end.pub"));
  CHECK_FALSE(node::read_pinned_keys(site.files, true));
}

TEST_CASE("pinned keys: no failure to read makes a node trust more") {
  for (int n = 1;; ++n) {
    Site site;
    REQUIRE(site.keygen());
    site.put_into_image();
    site.faults.fail_at = site.faults.made + n;
    const auto pinned = node::read_pinned_keys(site.files, true);
    if (!site.faults.fired()) break;
    CHECK((!pinned || pinned->protection == Protection::nk_psk0));
    REQUIRE(n < 20);
  }
}

TEST_CASE("key files: nothing but the one line is a key") {
  Site site;
  const std::string digits(64, 'a');
  const std::string word = "nodeinit-cluster-key ";
  const std::vector<std::string> wrong = {"",
                                          "\n",
                                          "nodeinit-cluster-key",
                                          word + digits + "0",
                                          word + " " + digits,
                                          word + digits + " x",
                                          digits,
                                          std::string(300, 'a'),
                                          word + std::string(64, 'g')};
  for (const std::string& text : wrong) {
    CAPTURE(text);
    site.files.put("/etc/k", text);
    CHECK_FALSE(crypto::read_secret(site.files, "/etc/k", crypto::KeyKind::cluster));
  }
  site.files.put("/etc/k", "nodeinit-cluster-key " + digits + "\n");
  CHECK(crypto::read_secret(site.files, "/etc/k", crypto::KeyKind::cluster));
}

namespace {

// The stack of a thread that has done `work`, as it leaves it.
std::string stack_after(void (*work)(const std::string&), const std::string& argument) {
  struct Task {
    void (*work)(const std::string&);
    const std::string& argument;
  } task{work, argument};
  constexpr std::size_t size = 1u << 20;
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(memory != MAP_FAILED);
  pthread_attr_t attributes;
  REQUIRE(::pthread_attr_init(&attributes) == 0);
  REQUIRE(::pthread_attr_setstack(&attributes, memory, size) == 0);
  pthread_t thread{};
  const auto run = [](void* given) -> void* {
    const auto& to_do = *static_cast<const Task*>(given);
    to_do.work(to_do.argument);
    return nullptr;
  };
  REQUIRE(::pthread_create(&thread, &attributes, run, &task) == 0);
  REQUIRE(::pthread_join(thread, nullptr) == 0);
  std::string left(static_cast<const char*>(memory), size);
  ::pthread_attr_destroy(&attributes);
  ::munmap(memory, size);
  return left;
}

}  // namespace

TEST_CASE("key files: nothing of their text is left on the stack of who reads one") {
  const fakes::TemporaryDirectory directory;
  const std::string path = directory / "k";
  const std::string digits = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
  const std::string line = "nodeinit-cluster-key " + digits + "\n";
  REQUIRE(sys::KernelFiles().replace(path, std::as_bytes(std::span(line)), {.mode = 0600}));
  const std::string left = stack_after(
      [](const std::string& file) {
        sys::KernelFiles files;
        (void)crypto::read_secret(files, file, crypto::KeyKind::cluster);
      },
      path);
  CHECK(left.find(digits) == std::string::npos);
}
