// Who asks, as the kernel says; and with whose rights nodemaster opens what he asks for.
#pragma once

#include "sys/borrowed_rights.h"

namespace frontend {

using Credentials = sys::FileRights;

}  // namespace frontend
