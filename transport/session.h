// Which message may come from whom, on which kind of connection, at which moment: one table, in session.cc.
//
// A session begins as `greeting` and becomes `joined` by the Hello/Welcome exchange (control), by BulkHello
// (bulk), or at once (command: each request is held against roles). A message that the table does
// not allow ends the connection with a reason that names it.
#pragma once

#include <cstdint>

#include "sys/result.h"

namespace transport {

enum class Side { node, front_end, command };
enum class ConnectionKind { unknown, control, bulk, command };  // unknown: the first message decides
enum class SessionState { greeting, joined };

// Whether `sender` may send message `number` now; an error that says what is wrong when it may not.
sys::Status check_legal(std::uint16_t number, Side sender, ConnectionKind kind, SessionState state);

}  // namespace transport
