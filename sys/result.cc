#include "sys/result.h"

#include <cstring>
#include <utility>

#include "sys/text.h"

namespace sys {

std::string Error::text() const {
  if (code == 0) return what;
  return cat(what, ": ", std::strerror(code), " (errno ", code, ")");
}

tl::unexpected<Error> failure(int code, std::string what) {
  return tl::unexpected<Error>(Error{code, std::move(what)});
}

tl::unexpected<Error> refusal(std::string what) { return failure(0, std::move(what)); }

tl::unexpected<Error> within(std::string_view context, const Error& error) {
  return failure(error.code, cat(context, ": ", error.what));
}

}  // namespace sys
