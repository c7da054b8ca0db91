#include "sma/http/foreign_request.hpp"

#include "transaction.hpp"

#include <algorithm>

namespace sma::http {

class foreign_request::impl {
public:
    impl(std::shared_ptr<session_context> c, head&& h) : context(std::move(c)), x(*context, h.client) {
        request_head parsed;
        parsed.method = verb::post;
        parsed.target = std::move(h.target);
        for (auto const& [name, value] : h.headers) parsed.fields.insert(name, value);
        understood = x.take_head(std::move(parsed));
        x.path_template = h.path_template;
        x.is_rpc = true;
        auto& about = x.req().context;
        if (!h.correlation_id.empty()) about.correlation_id = std::move(h.correlation_id);
        if (h.deadline) about.deadline = std::min(about.deadline, *h.deadline);
    }

    std::shared_ptr<session_context> const context;
    transaction x;
    result<void> understood;
};

foreign_request::foreign_request(server& s, head h) : impl_(std::make_unique<impl>(s.shared_context(), std::move(h))) {}

foreign_request::~foreign_request() = default;

result<void> foreign_request::admit() {
    if (!impl_->understood) return impl_->understood;
    return impl_->context->gate.admit(impl_->x.req(), std::chrono::steady_clock::now(), impl_->x.left);
}

result<void> foreign_request::hold(std::size_t bytes) {
    if (impl_->x.held().add(bytes)) return {};
    return error(errc::queue_full, "too many bytes of request bodies are in flight: try again later", 1);
}

void foreign_request::end_of_body(bool complete) { impl_->x.trace_upload(complete); }

void foreign_request::add_quota(response& to) const {
    if (impl_->x.left) add_quota_headers(to, *impl_->x.left);
}

void foreign_request::finish(unsigned status, response const& sent, std::size_t bytes_in, std::size_t bytes_out) {
    impl_->x.bytes_in = bytes_in;
    impl_->x.bytes_out = bytes_out;
    impl_->x.finish(status, sent);
}

request& foreign_request::req() noexcept { return impl_->x.req(); }

std::stop_source foreign_request::client_left() const noexcept { return impl_->x.client_left(); }

}  // namespace sma::http
