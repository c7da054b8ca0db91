// Rules of settings whose texts have a grammar of their own.
#pragma once

#include "sma/core/settings.hpp"

namespace sma {

extern setting_rule const origin_rule;
extern setting_rule const network_rule;
extern setting_rule const ip_network_rule;
extern setting_rule const host_rule;
extern setting_rule const local_address_rule;
extern setting_rule const endpoint_rule;
extern setting_rule const listen_address_rule;

}  // namespace sma
