#include "sma/image/decoder_work.hpp"

#include "planar.hpp"

#include "sma/image/decoder.hpp"
#include "sma/image/vips_library.hpp"

namespace sma::image {
namespace {

class decoder_work final : public image_work {
public:
    explicit decoder_work(decode_options const& options) : decoder_(options) {}
    ~decoder_work() override { release_thread_memory(); }
    result<dimensions> probe(std::string_view bytes, request_context const&) override { return decoder_.probe(bytes); }
    result<void> decode(std::string_view bytes, request_context const& context, preprocess_options const& how,
                        tensor_buffer& out) override {
        return decoder_.decode(bytes, context, how, out);
    }
    result<void> pack(std::string_view planes, tensor_buffer& out) override { return pack_planar(planes, out); }

private:
    decoder decoder_;
};

}  // namespace

std::unique_ptr<image_work> make_decoder_work(decode_options const& options) {
    return std::make_unique<decoder_work>(options);
}

}  // namespace sma::image
