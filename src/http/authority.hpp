// Authority of a URI (RFC 3986 section 3.2): what Host and an absolute target name. Pure functions, any thread.
#pragma once

#include <string_view>

namespace sma::http {

/// host [":" port], by the grammar, with a host that is not empty. Userinfo is refused (RFC 9110 section 4.2.4).
bool is_authority(std::string_view text) noexcept;

}  // namespace sma::http
