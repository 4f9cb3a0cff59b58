// One callable of several: a case for each alternative of a variant, given to std::visit.
#pragma once

namespace sys {

template <class... Handlers> struct Overloaded : Handlers... { using Handlers::operator()...; };
template <class... Handlers> Overloaded(Handlers...) -> Overloaded<Handlers...>;

}  // namespace sys
