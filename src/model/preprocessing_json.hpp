// Reader of pre-processing in JSON, in the forms of Hugging Face and of timm.
#pragma once

#include "sma/core/error.hpp"
#include "sma/image/preprocess.hpp"
#include "sma/model/remark.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sma::model {

struct parsed_preprocessing {
    image::preprocess_options options;
    std::vector<remark> remarks;
};

/// The configuration of an image processor, which Hugging Face's save_pretrained() writes as preprocessor_config.json.
/// Errors: unsupported, invalid_weights.
result<parsed_preprocessing> parse_hugging_face(boost::json::object const& config);

/// timm's pretrained_cfg. Errors: unsupported, invalid_weights.
result<parsed_preprocessing> parse_timm(boost::json::object const& pretrained_cfg);

/// A file's text in either form. Nothing, if the file is a config.json that says nothing of images, or whose it cannot
/// be told. Errors: those above, with `source` as the subject of the sentence.
result<std::optional<parsed_preprocessing>> parse_preprocessing(std::string_view text, std::string const& source,
                                                                bool is_config);

}  // namespace sma::model
