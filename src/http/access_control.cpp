#include "access_control.hpp"

#include <string>
#include <utility>

namespace sma::http {

void access_control::use_keys(std::shared_ptr<api_keys const> keys) {
    keys_ = std::move(keys);
    if (keys_) limiter_.keep_only(*keys_);
}

result<api_key const*> access_control::identify(request const& r) const {
    if (!keys_) return nullptr;
    auto const text = key_of(r);
    if (text.empty())
        return error(errc::unauthorized, "an API key is required: send X-API-Key or Authorization: Bearer");
    auto const* key = keys_->find(text);
    if (key == nullptr) return error(errc::unauthorized, "the API key is not known");
    return key;
}

result<void> access_control::admit(request& r, steady_time now, std::optional<quota>& left) {
    auto const key = identify(r);
    bool const has_key = key && *key != nullptr;
    left = has_key ? limiter_.take(**key, now) : limiter_.take(r.client, now);
    if (has_key) r.key_name = (*key)->name;
    if (left && !left->allowed)
        return error(errc::rate_limited,
                     "rate limit exceeded: try again in " + std::to_string(left->retry_after_s) + " s",
                     left->retry_after_s);
    if (!key) return key.error();
    return {};
}

void add_quota_headers(response& to, quota const& left) {
    to.headers.emplace_back("RateLimit-Limit", std::to_string(left.limit));
    to.headers.emplace_back("RateLimit-Remaining", std::to_string(left.remaining));
    to.headers.emplace_back("RateLimit-Reset", std::to_string(left.reset_s));
}

}  // namespace sma::http
