/** Addresses of frames as attributes show them. */

/** No address was set yet. */
export const UNSET = 0xffff_ffff_ffff_ffffn;
