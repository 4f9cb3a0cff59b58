#include "frontend/nodemaster/key_directory.h"

#include "sys/accounts.h"
#include "sys/text.h"

namespace frontend {
namespace {

constexpr std::uint32_t writable_by_others = 0022;

}  // namespace

sys::Result<std::string> weakness_of_key_directory(sys::Files& files, const std::string& directory) {
  const auto facts = files.facts_through(directory);
  if (!facts) return tl::make_unexpected(facts.error());
  if (!*facts) return "";
  const std::uint32_t owner = (*facts)->uid;
  if (owner != 0 && owner != sys::own_user())
    return sys::cat(directory, " belongs to uid ", owner, ", who may put other keys there: chown ", sys::own_user(),
                    " ", directory);
  if (((*facts)->mode & writable_by_others) != 0)
    return sys::cat("others than the owner of ", directory, " may put other keys there: chmod go-w ", directory);
  return "";
}

}  // namespace frontend
