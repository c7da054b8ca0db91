// Hosts from which images may be fetched.
#pragma once

#include "image_url.hpp"

#include <string>
#include <vector>

namespace sma::fetch {

/// Whether an entry of the list names the URL's host: itself, or with "*." in front any name below it. An entry without
/// a port means the scheme's usual one.
bool is_allowed_host(std::vector<std::string> const& hosts, image_url const& url);

}  // namespace sma::fetch
