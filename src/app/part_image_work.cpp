#include "part_image_work.hpp"

#include "parts.hpp"

#include <exception>
#include <string>
#include <utility>

namespace sma::app {
namespace {

/// Instead of the part's work, where there is no part.
class missing_work final : public image::image_work {
public:
    explicit missing_work(error why) : why_(std::move(why)) {}
    result<image::dimensions> probe(std::string_view) override { return why_; }
    result<void> decode(std::string_view, request_context const&, tensor_buffer&) override { return why_; }
    result<void> pack(std::string_view, tensor_buffer&) override { return why_; }

private:
    error why_;
};

/// On a decode thread, which an exception would end together with the process.
std::unique_ptr<image::image_work> make_work(image::decode_options const& options) {
    auto const part = parts::image();
    if (!part) return std::make_unique<missing_work>(part.error());
    try {
        return (*part)->make_decoder_work(options);
    } catch (std::exception const& e) {
        return std::make_unique<missing_work>(
            error(errc::internal_error, std::string("image decoding cannot be started: ") + e.what()));
    }
}

}  // namespace

image::image_work_factory part_image_work(image::decode_options options) {
    return [options = std::move(options)] { return make_work(options); };
}

}  // namespace sma::app
