#include "gatekeeper.hpp"

namespace sma::http {

result<void> gatekeeper::admit(request& r) const {
    if (!keys_) return {};
    auto const text = key_of(r);
    if (text.empty())
        return error(errc::unauthorized, "this server wants a key: send X-API-Key or Authorization: Bearer");
    auto const* key = keys_->find(text);
    if (key == nullptr) return error(errc::unauthorized, "this key is not known here");
    r.key_name = key->name;
    return {};
}

}  // namespace sma::http
