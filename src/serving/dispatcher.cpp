#include "sma/serving/dispatcher.hpp"

#include "dispatcher_impl.hpp"

#include <utility>

namespace sma::serving {

dispatcher::dispatcher(dispatcher_options options, model_metrics m)
    : impl_(std::make_unique<impl>(std::move(options), std::move(m))) {}

dispatcher::~dispatcher() = default;

result<void> dispatcher::check(std::size_t images, steady_time deadline) const {
    return impl_->check(images, deadline);
}

result<queue_slot> dispatcher::reserve(std::size_t images, steady_time deadline) {
    return impl_->reserve(images, deadline);
}

void dispatcher::close() { impl_->close(); }

double dispatcher::service_rate() const noexcept { return impl_->service_rate(); }

std::size_t dispatcher::queue_depth() const noexcept { return impl_->queue_depth(); }

bool dispatcher::makes_progress() const noexcept { return impl_->makes_progress(); }

statistics& dispatcher::done() noexcept { return impl_->done(); }

statistics const& dispatcher::done() const noexcept { return impl_->done(); }

void dispatcher::submit(inference_request request, std::unique_ptr<completion<result<inference_output>>> done) {
    impl_->submit(std::move(request), std::move(done));
}

}  // namespace sma::serving
