#include <iterator>
#include <utility>

#include "network/finder.h"

namespace network {
namespace {

using MakeFinder = std::unique_ptr<Finder> (*)(FinderParts parts);

// Every way of finding an address, in the order of enum Method.
constexpr MakeFinder methods[] = {
    make_rarp_finder,
    make_fixed_finder,
};
static_assert(std::size(methods) == static_cast<std::size_t>(Method::fixed) + 1);

}  // namespace

std::unique_ptr<Finder> make_finder(Method method, FinderParts parts) {
  return methods[static_cast<std::size_t>(method)](std::move(parts));
}

}  // namespace network
