r"""From measurements to signals: a pseudo-inverse and a network that fills what it left out."""

from __future__ import annotations

import copy
import inspect
from typing import Any

import torch

from .networks import channel_layout, named_network

__all__ = ["Reconstruction", "Reconstructor", "as_channels", "as_reconstruction", "from_channels"]


def as_channels(x: torch.Tensor, shape_in: tuple[int, ...]) -> torch.Tensor:
    """Signals (B, *shape_in) as real channels (B, C, H, W) or (B, C, n).

    Complex signals become twice as many channels, first all real and then all imaginary parts. See
    `channel_layout` for the axes.
    """
    channels, axes = channel_layout(shape_in)
    x = x.reshape(-1, channels, *axes)
    return torch.cat([x.real, x.imag], 1) if x.is_complex() else x


def from_channels(
    channels: torch.Tensor, shape_in: tuple[int, ...], *, is_complex: bool
) -> torch.Tensor:
    """Signals (B, *shape_in) from their real channels; inverse of `as_channels`."""
    if is_complex:
        half = channels.shape[1] // 2
        channels = torch.complex(channels[:, :half].contiguous(), channels[:, half:].contiguous())
    return channels.reshape(-1, *shape_in)


class Reconstruction(torch.nn.Module):
    """Base of all modules f that turn measurements into signals; subclass it for your own.

    Only `forward` is asked for. What losses and training call is ``f(y, physics)``.
    """

    def forward(self, y: torch.Tensor, physics: Any) -> torch.Tensor:
        """Map measurements (B, m) of a `Physics` to signals (B, *physics.shape_in)."""
        raise NotImplementedError("a Reconstruction must define `forward(y, physics)`.")


class Reconstructor(Reconstruction):
    r"""Pseudo-inverse plus a network.

    .. math::
        z = A^+ y, \qquad r = \text{network}(z, v), \qquad
        f(y) = z + r - A^+ A\, r \quad\text{or}\quad f(y) = z + r,

    the first if `consistent`: then :math:`A f(y) = A A^+ y`, which is y for y in the range of A,
    whatever the network says, and the network only fills the null space. The second is for noisy
    measurements, which are not worth keeping.

    Parameters
    ----------
    network : torch.nn.Module
        Maps (B, C, H, W) to (B, C', H, W), or (B, C, n) to (B, C', n); used, not copied. C' counts
        the real channels of the signal: 1 for (H, W), C for (C, H, W), twice that for complex
        signals.
    consistent : bool
    visibility : bool or int
        Whether :math:`v = \operatorname{diag}(A^+ A)`, the share of each pixel that A sees, is
        given as further channels; 1 is its mean over the channels of a signal, another number must
        be the number of these channels.

    Notes
    -----
    *Consistency.* :math:`A A^+ A = A` gives :math:`A (r - A^+ A r) = 0`, hence
    :math:`A f(y) = A z = A A^+ y`. Source: the null-space networks of Schwab, Antholzer and
    Haltmeier, Inverse Problems 2019.
    """

    def __init__(
        self,
        network: torch.nn.Module,
        *,
        consistent: bool = True,
        visibility: bool | int = True,
    ) -> None:
        super().__init__()
        if not isinstance(network, torch.nn.Module):
            raise TypeError(f"`network` must be a torch.nn.Module; got {type(network).__name__}.")
        self.network = network
        self.consistent = bool(consistent)
        self.visibility = int(visibility)

    def forward(self, y: torch.Tensor, physics: Any) -> torch.Tensor:
        """Map measurements (B, m) of a `Physics` to signals (B, *physics.shape_in).

        Raises
        ------
        ValueError
            If the network returns another shape than it must, or the physics lacks what
            `consistent` or `visibility` ask for.
        """
        z = physics.backproject(y)
        seen = as_channels(z, physics.shape_in)
        given = seen
        if self.visibility:
            v = _visibility_channels(physics, self.visibility).to(seen)
            given = torch.cat([seen, v.expand(len(seen), *v.shape[1:])], 1)
        r = self._residual(given, seen.shape)
        r = from_channels(r, physics.shape_in, is_complex=z.is_complex())
        if not self.consistent:
            return z + r
        _require_visible(physics)
        if hasattr(physics, "invisible"):
            return z + physics.invisible(r)
        return z + r - physics.visible(r)

    def _residual(self, given: torch.Tensor, shape: torch.Size) -> torch.Tensor:
        r = self.network(given)
        if not isinstance(r, torch.Tensor):
            raise TypeError(f"`network` must return a tensor; got {type(r).__name__}.")
        if r.shape != shape:
            raise ValueError(
                f"`network` must map {tuple(given.shape)} to {tuple(shape)}, one output channel "
                f"per real channel of the signal; got {tuple(r.shape)}."
            )
        if r.is_complex():
            raise ValueError(f"`network` must return real channels; got {r.dtype}.")
        return r


def _require_visible(physics: Any) -> None:
    if not hasattr(physics, "visible"):
        raise ValueError(
            "a consistent reconstruction must have linear physics, whose A^+ A projects onto what "
            f"is seen; got {type(physics).__name__}. Use `consistent=False`."
        )


def _visibility_channels(physics: Any, count: int) -> torch.Tensor:
    """Visibility as (1, count, *axes)."""
    if physics.visibility is None:
        raise ValueError(
            "the network expects diag(A^+ A) as a channel, and the physics must know its "
            f"`visibility`; got None from {type(physics).__name__}. Use `visibility=False`."
        )
    v = physics.visibility
    v = as_channels(v.real if v.is_complex() else v, physics.shape_in)
    if count == 1 and v.shape[1] > 1:
        return v.mean(1, keepdim=True)
    if count != v.shape[1]:
        raise ValueError(
            f"`visibility` must be 0, 1 or the {v.shape[1]} channels of a signal; got {count}."
        )
    return v


def as_reconstruction(
    network: Any, physics: Any, *, consistent: bool = True, seed: int = 0
) -> Reconstruction:
    r"""Any network as a reconstruction f(y, physics), never sharing weights with what was given.

    Parameters
    ----------
    network : None, str, torch.nn.Module or Reconstruction
        None is "auto"; a name is a preset of `named_network`, on the device and in the precision of
        the physics. A module is copied, weights included, and wrapped by `Reconstructor`; it is
        given the visibility if its attribute `channels_in`, or else `in_channels` of its first
        convolution, asks for as many more channels. A `Reconstruction` is copied as it is, and
        `consistent` is then its own affair.
    physics : Physics
    consistent : bool
        Whether f(y) must explain y; see `Reconstructor`.
    seed : int
        Of the weights of a preset.

    Raises
    ------
    TypeError
        If `network` is none of these.
    ValueError
        If the name is unknown, the number of channels fits no signal, or `consistent` is asked of a
        nonlinear physics.
    """
    if isinstance(network, Reconstruction):
        return copy.deepcopy(network)
    if network is not None and not isinstance(network, str | torch.nn.Module):
        came = (
            f"the class {network.__name__}" if inspect.isclass(network) else type(network).__name__
        )
        raise TypeError(
            "`network` must be None, the name of a preset, a torch.nn.Module or a Reconstruction; "
            f"got {came}."
        )
    if consistent:
        _require_visible(physics)
    if isinstance(network, torch.nn.Module):
        extra = _asked_for(network, physics)
        return Reconstructor(copy.deepcopy(network), consistent=consistent, visibility=extra)
    return _preset(network or "auto", physics, consistent=consistent, seed=seed)


def _preset(name: str, physics: Any, *, consistent: bool, seed: int) -> Reconstructor:
    signal_channels, axes = channel_layout(physics.shape_in)
    probe = _probe(physics)
    channels = signal_channels * (2 if probe.is_complex() else 1)
    # To fully connected layers, a channel that never changes is one more bias.
    wanted = physics.visibility is not None and name != "mlp" and len(axes) == 2
    extra = signal_channels if wanted else 0
    network = named_network(
        name,
        physics.shape_in,
        channels_in=channels + extra,
        channels_out=channels,
        seed=seed,
    )
    network = network.to(device=probe.device, dtype=probe.abs().dtype)
    return Reconstructor(network, consistent=consistent, visibility=extra)


def _probe(physics: Any) -> torch.Tensor:
    """A tensor on the device and of the dtype of the signals."""
    dtype = getattr(physics, "dtype", None)
    known = [*physics.parameters(), *physics.buffers()]
    device = known[0].device if known else torch.device("cpu")
    return torch.zeros(1, dtype=dtype or torch.get_default_dtype(), device=device)


def _asked_for(network: torch.nn.Module, physics: Any) -> int:
    """How many channels of visibility a user's module has room for."""
    count = getattr(network, "channels_in", None)
    if not isinstance(count, int):
        count = next(
            (m.in_channels for m in network.modules() if isinstance(m, _CONVOLUTIONS)), None
        )
    if count is None:
        return 0
    signal_channels, _ = channel_layout(physics.shape_in)
    channels = signal_channels * (2 if _probe(physics).is_complex() else 1)
    if count - channels not in (0, 1, signal_channels):
        raise ValueError(
            f"`network` must take {channels} channels, those of the signal, or {channels + 1} with "
            f"the visibility; it takes {count}."
        )
    return int(count - channels)


_CONVOLUTIONS = (torch.nn.Conv1d, torch.nn.Conv2d, torch.nn.Conv3d)
