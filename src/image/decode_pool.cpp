#include "sma/image/decode_pool.hpp"

#include "decode_queue.hpp"
#include "sma/image/vips_library.hpp"

namespace sma::image {

namespace {

class decoder_work final : public image_work {
public:
    explicit decoder_work(decode_options const& options) : decoder_(options) {}
    ~decoder_work() override { release_thread_memory(); }
    result<dimensions> probe(std::string_view bytes) override { return decoder_.probe(bytes); }
    result<void> decode(std::string_view bytes, request_context const& context, tensor_buffer& out) override {
        return decoder_.decode(bytes, context, out);
    }

private:
    decoder decoder_;
};

}  // namespace

decode_pool::decode_pool(decode_pool_options options, metrics& m)
    : decode_pool(options, m, [decode = options.decode] { return std::make_unique<decoder_work>(decode); }) {}

decode_pool::decode_pool(decode_pool_options options, metrics& m, image_work_factory factory)
    : queue_(std::make_unique<decode_queue>(std::move(options), m, std::move(factory))) {}

decode_pool::~decode_pool() = default;

void decode_pool::free_spares() noexcept { queue_->free_spares(); }

void decode_pool::submit(decode_request request, std::unique_ptr<completion<result<decode_output>>> done) {
    queue_->submit(std::move(request), std::move(done));
}

void decode_pool::submit(request_context context, std::function<void()> work,
                         std::unique_ptr<completion<result<void>>> done) {
    queue_->submit(std::move(context), std::move(work), std::move(done));
}

}  // namespace sma::image
