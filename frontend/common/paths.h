// Where the front end's programs meet when nobody says otherwise.
#pragma once

namespace frontend {

inline constexpr char default_control_socket[] = "/run/nodemaster/control.sock";
inline constexpr char control_socket_variable[] = "NODECTL_SOCKET";  // of the environment
inline constexpr char default_configuration[] = "/etc/nodemaster/cluster.toml";
inline constexpr char default_keys[] = "/etc/nodemaster/keys";

}  // namespace frontend
