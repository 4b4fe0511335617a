"""Model bundles and the segmenters that propose masks with them (floor 1). Importing this loads no runtime."""

from polypviewer.segmentation.bundle import (
    BundleSearch,
    ModelBundle,
    bundle_digest,
    choose_bundle,
    find_bundles,
    load_bundle,
    search_bundles,
)
from polypviewer.segmentation.devices import Device, available_devices
from polypviewer.segmentation.engine_segmenter import EngineSegmenter
from polypviewer.segmentation.onnx_segmenter import OnnxSegmenter
from polypviewer.segmentation.onnx_session import check_network
from polypviewer.segmentation.opening import engine_is_worth_it, open_segmenter
from polypviewer.segmentation.prediction import Prediction, draw_overlay, predict_image
from polypviewer.segmentation.segmenter import AskedDevice, Click, DeviceKind, DeviceReport, Request, Segmenter
from polypviewer.segmentation.watched_segmenter import WatchedSegmenter

__all__ = [
    "AskedDevice",
    "BundleSearch",
    "Click",
    "Device",
    "DeviceKind",
    "DeviceReport",
    "EngineSegmenter",
    "ModelBundle",
    "OnnxSegmenter",
    "Prediction",
    "Request",
    "Segmenter",
    "WatchedSegmenter",
    "available_devices",
    "bundle_digest",
    "check_network",
    "choose_bundle",
    "draw_overlay",
    "engine_is_worth_it",
    "find_bundles",
    "load_bundle",
    "open_segmenter",
    "predict_image",
    "search_bundles",
]
