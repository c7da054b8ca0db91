// Classifier of a request's images, from encoded bytes to logits, and the top classes. Used by the HTTP endpoints and
// by the batch command alike.
#pragma once

#include "sma/core/error.hpp"
#include "sma/core/request_context.hpp"
#include "sma/serving/classification_observer.hpp"
#include "sma/serving/decode_pool.hpp"
#include "sma/serving/dispatcher.hpp"
#include "sma/serving/image_classifier.hpp"
#include "sma/serving/model_manager.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string_view>
#include <vector>

namespace sma::serving {

/// Owned by the pipeline; holds references to the three it connects. classify() may run on any executor.
class classifier final : public image_classifier {
public:
    classifier(model_manager& models, decode_pool& pool, dispatcher& d)
        : models_(models), pool_(pool), dispatcher_(d) {}

    result<void> check(std::size_t images, steady_time deadline) const override;

    /// Reserves places in the queue, decodes, infers, and counts the request in dispatcher::done().
    boost::asio::awaitable<result<classification>> classify(request_context context,
                                                            std::vector<std::string_view> images,
                                                            wanted_features wanted) override {
        return classify(std::move(context), std::move(images), image_content::file, wanted);
    }
    /// Classifies `images` that may be packed tensors rather than encoded files.
    boost::asio::awaitable<result<classification>> classify(request_context context,
                                                            std::vector<std::string_view> images, image_content content,
                                                            wanted_features wanted);

    /// Before the first request. The observer must outlive them all; null: none.
    void set_observer(classification_observer* observer) noexcept { observer_ = observer; }

private:
    boost::asio::awaitable<result<classification>> run(request_context context, std::vector<std::string_view> images,
                                                       image_content content, wanted_features wanted);

    model_manager& models_;
    decode_pool& pool_;
    dispatcher& dispatcher_;
    classification_observer* observer_ = nullptr;
};

}  // namespace sma::serving
